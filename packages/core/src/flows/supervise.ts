// Actors at their host. (The machine's part: being built.)

import type { SnapshotResult } from '../model/actor.ts'
import type { AttemptId, Instant } from '../model/ids.ts'
import type { PeerState } from '../state/peer-state.ts'

export function built(
  _state: PeerState,
  _attempt: AttemptId,
  _what: { readonly snapshots: boolean; readonly now: Instant },
): void {}

export function snapshotTaken(_state: PeerState, _attempt: AttemptId, _result: SnapshotResult): void {}
