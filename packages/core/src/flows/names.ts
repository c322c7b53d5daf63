// Who has an actor of that name. (The machine's part: being built.)

import type { PeerState } from '../state/peer-state.ts'

export function find(state: PeerState, request: number, _name: string): void {
  state.effects.push({ type: 'actor-found', request, found: null })
}
