// What the machine orders, as the worker pool takes it; what that reports, as events of the machine; what tasks
// print, for people.

import type { Order, PeerEvent } from '../model/events.ts'
import { clip, limits } from '../model/limits.ts'
import type { PeerOptions } from './peer.ts'
import type { RunOrder, WorkerReports } from './worker-port.ts'

export function reportsTo(post: (event: PeerEvent) => void, logged: NonNullable<PeerOptions['logged']>): WorkerReports {
  return {
    done: (attempt, outcome, ms) => post({ type: 'done', attempt, outcome, ms }),
    blocked: (attempt) => post({ type: 'blocked', attempt, blocked: true }),
    unblocked: (attempt) => post({ type: 'blocked', attempt, blocked: false }),
    returned: (attempts) => post({ type: 'returned', attempts }),
    built: (attempt, snapshots) => post({ type: 'built', attempt, snapshots }),
    snapshot: (attempt, result) => post({ type: 'snapshot', attempt, result }),
    exited: (worker, { reason, detail }, running, unstarted) =>
      post({ type: 'exited', worker, reason, detail, running, unstarted }),
    logged: (attempt, level, text) => {
      logged({ attempt, level, text })
      if (attempt !== null) post({ type: 'logged', attempt, level, text: clip(text, limits.printedLength) })
    },
  }
}

export function ordersOf(batch: readonly Order[]): RunOrder[] {
  return batch.map(({ id, attempt, spec, inputs, snapshot = null }) => {
    const { id: task, code, fn, args, refs, actor, call } = spec
    const order = { id, attempt, task, code, fn, args, refs, inputs, isCall: call !== undefined }
    return actor === undefined ? order : { ...order, actor: { concurrency: actor.concurrency, snapshot } }
  })
}
