// What the main thread remembers of an attempt that a worker has, from its order to its outcome.

import type { ContextBridge } from './context-bridge.ts'
import type { RunOrder } from './worker-port.ts'

export interface Sent {
  readonly number: number
  readonly order: RunOrder
  isSent: boolean
  /** Reported as cancelled while it may still start: its end is only noted. */
  isGhost: boolean
  context: ContextBridge | undefined
}
