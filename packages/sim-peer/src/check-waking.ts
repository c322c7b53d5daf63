// A machine that slept has heard nothing for a while and proves nothing by that: until the shortest
// suspicion could have run its course it passes no verdict of its own.

import type { Claim, Effect, LifeId, PeerEvent } from '@murmuration/core/internal'
import { isOver } from '@murmuration/core/internal'
import { fail } from './fail.ts'
import type { SimPeer } from './peer.ts'

export function checkWaking(peer: SimPeer, events: readonly PeerEvent[], effects: readonly Effect[]): void {
  const ms = peer.now() - peer.wokeAt
  if (ms >= peer.state.config.suspectMinMs - 1) return
  for (const effect of effects) {
    if (effect.type !== 'notice' || effect.notice.type !== 'peer:died') continue
    const row = peer.state.members.get(effect.notice.peer)
    // A later life of that peer is no verdict.
    if (!row || !isOver(row.state) || events.some((event) => tells(event, row.life))) continue
    fail(peer, `awake for ${ms.toFixed(0)} ms and buries ${row.life}`)
  }
}

/** Somebody else says that it is over. */
function tells(event: PeerEvent, life: LifeId): boolean {
  if (event.type !== 'received') return false
  const { claims, signals } = event.frame
  const told: readonly Claim[] = [...claims, ...signals.flatMap((said) => (said.type === 'sync' ? said.members : []))]
  return told.some((claim) => claim.life === life && isOver(claim.state))
}
