// What the machine orders, as the worker pool takes it; what that reports, as events of the machine; what tasks
// print, for people.

import type { Effect, Order, PeerEvent } from '../model/events.ts'
import type { PeerOptions } from './peer.ts'
import type { RunOrder, WorkerPool, WorkerReports } from './worker-port.ts'

export function reportsTo(post: (event: PeerEvent) => void, logged: NonNullable<PeerOptions['logged']>): WorkerReports {
  return {
    done: (attempt, outcome, ms) => post({ type: 'done', attempt, outcome, ms }),
    item: (attempt, index, item) => post({ type: 'item', attempt, index, item }),
    blocked: (attempt) => post({ type: 'blocked', attempt, blocked: true }),
    unblocked: (attempt) => post({ type: 'blocked', attempt, blocked: false }),
    returned: (attempts) => post({ type: 'returned', attempts }),
    exited: (worker, { reason, detail }, running, unstarted) =>
      post({ type: 'exited', worker, reason, detail, running, unstarted }),
    logged: (attempt, level, text) => logged({ attempt, level, text }),
  }
}

type PoolEffect = Extract<Effect, { type: 'run' | 'abort' | 'proceed' | 'recall' | 'terminate' }>

export function orderTo(pool: WorkerPool, effect: PoolEffect): void {
  switch (effect.type) {
    case 'run':
      return pool.run(effect.worker, ordersOf(effect.batch))
    case 'abort':
      return pool.abort(effect.attempt, effect.reason)
    case 'proceed':
      return pool.proceed(effect.attempt, effect.taken)
    case 'recall':
      return pool.recall(effect.worker)
    case 'terminate':
      return pool.terminate(effect.worker, effect.reason)
  }
}

function ordersOf(batch: readonly Order[]): RunOrder[] {
  return batch.map(({ id, attempt, spec, inputs, stream }) => {
    const { id: task, code, fn, args, refs, policy } = spec
    const flow = stream === null ? null : { ...stream, ahead: policy.ahead }
    return { id, attempt, task, code, fn, args, refs, inputs, stream: flow }
  })
}
