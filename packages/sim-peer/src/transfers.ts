// Bytes on their way from one simulated peer to another: holder after holder is tried, some do not
// answer, some have nothing, some send rubbish.

import type { Effect, LifeId } from '@murmuration/core/internal'
import { codeOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { Encoded } from './values.ts'

/** How long a holder that does not answer is waited for. */
const hangMs = 2_000
const bytesPerMs = 50_000

interface Refusals {
  readonly absent: LifeId[]
  readonly corrupt: LifeId[]
}

export function fetch(peer: SimPeer, effect: Extract<Effect, { type: 'fetch' }>): void {
  const { object, from, size } = effect
  const { world } = peer
  const bad: Refusals = { absent: [], corrupt: [] }
  const failed = (full: boolean): void =>
    peer.event({ type: 'fetched', object, result: { type: 'failed', ...bad, full } })
  if (peer.full) return failed(true)
  const tries = [...from]
  const next = (): void => {
    const life = tries.shift()
    if (life === undefined) return failed(false)
    const holder = world.living(life)
    const ms = world.network.delay() * 2 + size / bytesPerMs
    const isCut = (there: SimPeer): boolean =>
      world.network.isCut(there.peer, peer.peer) || world.network.isCut(peer.peer, there.peer)
    if (!holder || holder.frozen || isCut(holder))
      return world.clock.after(holder ? hangMs : ms, () => peer.whenThawed(next))
    world.clock.after(ms, () => peer.whenThawed(() => take(peer, effect, { holder, bad, next })))
  }
  next()
}

function take(
  peer: SimPeer,
  { object, hash }: Extract<Effect, { type: 'fetch' }>,
  { holder, bad, next }: { holder: SimPeer; bad: Refusals; next: () => void },
): void {
  if (!holder.alive) return next()
  const code = codeOf(object)
  const hasCode = code !== null && holder.bundles.has(code)
  const stored = hasCode ? { size: 1_000, hash } : holder.store.get(object)
  const isBad = (): boolean => stored?.hash !== hash || peer.world.corrupts()
  const refusals = !stored ? bad.absent : isBad() ? bad.corrupt : null
  if (!stored || refusals) {
    refusals?.push(holder.life)
    return next()
  }
  if (code !== null) peer.bundles.add(code)
  else peer.store.set(object, stored as Encoded)
  peer.event({ type: 'fetched', object, result: { type: 'here', size: stored.size, hash: stored.hash } })
}
