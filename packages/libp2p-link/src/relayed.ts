// Connections that go through another peer, as a peer without an address is first reached. They carry
// whatever is to be said until the two have a direct one; then they fall away. It closes and asks, and
// leaves it to whoever it asks to make the direct one.

import type { Connection, Libp2p, PeerId as Libp2pId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId } from '@murmuration/core/internal'

/** Through another peer all the way. WebRTC is only signalled there. */
export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'p2p-circuit') && !isWebRtc(address)
}

export function isWebRtc(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'webrtc')
}

/** How long it is left alone before somebody tries for a direct one, and again if that fails. */
const waitsMs = [1_200, 5_000, 30_000] as const
/** How long a relayed connection stays beside a direct one while nothing uses it. */
const fallAwayMs = 3_000

export class Relayed {
  readonly #node: Libp2p
  readonly #isOurs: (protocol: string) => boolean
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()
  #ask: ((peer: PeerId) => void) | null = null

  constructor(node: Libp2p, isOurs: (protocol: string) => boolean) {
    this.#node = node
    this.#isOurs = isOurs
    node.addEventListener('connection:open', ({ detail }) => isRelayed(detail.remoteAddr) && this.#watch(detail, 0))
  }

  /** Called when there is no direct connection to somebody who is reached through another peer. */
  onRelayed(ask: (peer: PeerId) => void): void {
    this.#ask = ask
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#ask = null
  }

  #watch(connection: Connection, tries: number): void {
    const hasDirect = this.#hasDirect(connection.remotePeer)
    const waitMs = hasDirect ? fallAwayMs : waitsMs[Math.min(tries, waitsMs.length - 1)]
    clearTimeout(this.#timers.get(connection.id))
    this.#timers.set(
      connection.id,
      setTimeout(() => this.#look(connection, tries), waitMs),
    )
  }

  #look(connection: Connection, tries: number): void {
    this.#timers.delete(connection.id)
    if (connection.status !== 'open') return
    const isUsed = connection.streams.some(({ protocol }) => this.#isOurs(protocol))
    if (this.#hasDirect(connection.remotePeer) && !isUsed) {
      connection.close().catch(() => connection.abort(new Error('there is a direct connection')))
      return
    }
    if (isUsed) this.#ask?.(connection.remotePeer.toString() as PeerId)
    this.#watch(connection, tries + 1)
  }

  #hasDirect(peer: Libp2pId): boolean {
    return this.#node.getConnections(peer).some(({ status, remoteAddr }) => status === 'open' && !isRelayed(remoteAddr))
  }
}
