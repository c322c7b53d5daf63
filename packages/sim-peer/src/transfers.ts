// Bytes on their way from one simulated peer to another: holder after holder is tried, some do not
// answer, some have nothing, some send rubbish.

import type { Effect, LifeId } from '@murmuration/core/internal'
import { codeOf, peerOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import { digest } from './values.ts'
import type { Encoded } from './values.ts'

/** How long a holder that does not answer is waited for. */
const hangMs = 2_000
const bytesPerMs = 50_000
const bundleBytes = 1_000

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
  if (!peer.store.fits(size)) return failed(true)
  const tries = [...from]
  const next = (): void => {
    const life = tries.shift()
    if (life === undefined) return failed(false)
    const holder = world.living(life)
    const ms = world.network.delay(peer.peer, peerOf(life)) * 2 + size / bytesPerMs
    const isCut = (there: SimPeer): boolean =>
      world.network.isCut(there.peer, peer.peer) || world.network.isCut(peer.peer, there.peer)
    if (!holder || holder.frozen || isCut(holder))
      return world.clock.after(holder ? hangMs : ms, () => peer.whenThawed(next))
    world.clock.after(ms, () => peer.whenThawed(() => take(peer, effect, { holder, bad, next, failed })))
  }
  next()
}

interface Attempt {
  readonly holder: SimPeer
  readonly bad: Refusals
  readonly next: () => void
  readonly failed: (full: boolean) => void
}

function take(
  peer: SimPeer,
  { object, hash }: Extract<Effect, { type: 'fetch' }>,
  { holder, bad, next, failed }: Attempt,
): void {
  if (!holder.alive) return next()
  const { world } = peer
  const code = codeOf(object)
  const stored = code === null ? holder.store.get(object) : null
  if (stored === undefined || (code !== null && !holder.bundles.has(code))) {
    bad.absent.push(holder.life)
    return next()
  }
  // The receiver hashes what arrives: bytes of another value are as bad as rubbish.
  if (world.corrupts() || (stored && stored.hash !== hash)) {
    world.durability.corrupted(holder.life, object)
    bad.corrupt.push(holder.life)
    return next()
  }
  if (stored && !peer.store.put(object, received(stored))) return failed(true)
  if (code !== null) peer.bundles.add(code)
  peer.event({ type: 'fetched', object, result: { type: 'here', size: stored?.size ?? bundleBytes, hash } })
}

/** A copy of its own, checked: what was stored must be what it is said to be. */
function received(stored: Encoded): Encoded {
  const bytes = stored.bytes.slice()
  if (digest(new TextDecoder().decode(bytes)) !== stored.hash) throw new Error('stored bytes have changed')
  return { ...stored, bytes }
}
