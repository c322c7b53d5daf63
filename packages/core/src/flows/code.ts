// The bundles that are here: those that attempts need stay, of the others so many as may. Where one is had from, and
// which attempts wait for it, is not known here.

import type { CodeId } from '../model/ids.ts'
import { codeObject } from '../model/ids.ts'
import type { PeerState } from '../state/peer-state.ts'

/** A bundle that the shell has. A pinned one is part of every peer and never goes. */
export function keepCode(state: PeerState, code: CodeId, pinned: boolean): void {
  state.code.add(code)
  if (pinned) state.code.need(code)
}

export function boundCode(state: PeerState): void {
  for (const code of state.code.takeSurplus(state.config.maxCodes))
    state.effects.push({ type: 'drop', object: codeObject(code) })
}
