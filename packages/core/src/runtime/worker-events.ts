// What the worker pool reports, as events of the machine; what tasks print, for people.

import type { PeerEvent } from '../model/events.ts'
import type { PeerOptions } from './peer.ts'
import type { WorkerReports } from './worker-port.ts'

export function reportsTo(post: (event: PeerEvent) => void, logged: NonNullable<PeerOptions['logged']>): WorkerReports {
  return {
    done: (attempt, outcome, ms) => post({ type: 'done', attempt, outcome, ms }),
    blocked: (attempt) => post({ type: 'blocked', attempt, blocked: true }),
    unblocked: (attempt) => post({ type: 'blocked', attempt, blocked: false }),
    returned: (attempts) => post({ type: 'returned', attempts }),
    exited: (worker, { reason, detail }, running, unstarted) =>
      post({ type: 'exited', worker, reason, detail, running, unstarted }),
    logged: (attempt, level, text) => logged({ attempt, level, text }),
  }
}
