// What the machine orders, as the worker pool takes it; what that reports, as events of the machine; what tasks
// print, for people.

import type { Effect, Order, PeerEvent } from '../model/events.ts'
import { clip, limits } from '../model/limits.ts'
import type { PeerOptions } from './peer.ts'
import type { RunOrder, WorkerPool, WorkerReports } from './worker-port.ts'

export function reportsTo(post: (event: PeerEvent) => void, logged: NonNullable<PeerOptions['logged']>): WorkerReports {
  return {
    done: (attempt, outcome, ms) => post({ type: 'done', attempt, outcome, ms }),
    item: (attempt, index, item) => post({ type: 'item', attempt, index, item }),
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

type PoolEffect = Extract<Effect, { type: 'run' | 'abort' | 'proceed' | 'snapshot' | 'recall' | 'terminate' }>

export function orderTo(pool: WorkerPool, effect: PoolEffect): void {
  switch (effect.type) {
    case 'run':
      return pool.run(effect.worker, ordersOf(effect.batch))
    case 'abort':
      return pool.abort(effect.attempt, effect.reason)
    case 'proceed':
      return pool.proceed(effect.attempt, effect.taken)
    case 'snapshot':
      return pool.snapshot(effect.attempt)
    case 'recall':
      return pool.recall(effect.worker)
    case 'terminate':
      return pool.terminate(effect.worker, effect.reason)
  }
}

function ordersOf(batch: readonly Order[]): RunOrder[] {
  return batch.map(({ id, attempt, spec, inputs, stream, snapshot = null }) => {
    const { id: task, code, fn, args, refs, policy, actor, call } = spec
    const flow = stream === null ? null : { ...stream, ahead: policy.ahead, aheadBytes: policy.aheadBytes }
    const order = { id, attempt, task, code, fn, args, refs, inputs, stream: flow, isCall: call !== undefined }
    return actor === undefined ? order : { ...order, actor: { concurrency: actor.concurrency, snapshot } }
  })
}
