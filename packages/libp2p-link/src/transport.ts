// core's Transport on a libp2p node: two protocols, one listener for inbound streams, dials that say why
// they failed, and hanging up in the right order. It does not know what is said on a stream, nor which
// of two connections between a pair the link should use.

import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DialError } from '@murmuration/core/internal'
import type { ByteStream, PeerId, StreamKind, Transport } from '@murmuration/core/internal'
import { setMaxListeners } from 'main-event'
import { isLoopback, parseAddress } from './address.ts'
import type { BareProtocol } from './address.ts'
import { isRelayed, isWebRtc, Relayed } from './relayed.ts'
import { Libp2pStream } from './stream.ts'
import { whyFailed } from './why-failed.ts'
import { sparing } from './window.ts'
import { Turns } from './writer.ts'

type StreamListener = (kind: StreamKind, from: PeerId, stream: ByteStream) => void

const protocols: Readonly<Record<StreamKind, string>> = {
  link: '/murmuration/link/1',
  object: '/murmuration/object/1',
}

/** Per connection and direction. Over it the other side resets the stream without telling the dialler. */
const maxStreams: Readonly<Record<StreamKind, number>> = { link: 64, object: 1_000 }

/** What differs between the places in which a peer lives. */
export interface Surroundings {
  /** What a host and a port speak when nothing else is said. */
  readonly bare: BareProtocol
  /** Whether what peers call loopback is this machine. To a page from elsewhere it would be the wrong one. */
  readonly isTheirMachine: boolean
  /** Whether everybody dialled at these addresses answered that nobody listens. Pages are not told. */
  isRefused(error: unknown, targets: readonly Multiaddr[], signal: AbortSignal): Promise<boolean>
  /** Calls back after the events that are due already. */
  soon(callback: () => void): void
}

export class Libp2pTransport implements Transport {
  readonly self: PeerId
  readonly #node: Libp2p
  readonly #surroundings: Surroundings
  #listener: StreamListener | null = null
  #stopped: Promise<void> | null = null
  readonly #relayed: Relayed
  /** What programs named themselves they mean, wherever it leads. */
  readonly #named = new Set<string>()
  readonly #turns = new WeakMap<Connection, Turns>()
  /** Connections being closed: not to be used again, though libp2p still calls them open. */
  readonly #closing = new Map<PeerId, Promise<void>>()

  constructor(node: Libp2p, surroundings: Surroundings) {
    this.#node = node
    this.#surroundings = surroundings
    this.self = node.peerId.toString() as PeerId
    this.#relayed = new Relayed(node, (protocol) => Object.values(protocols).includes(protocol))
  }

  async start(): Promise<void> {
    for (const kind of ['link', 'object'] as const) {
      await this.#node.handle(protocols[kind], (stream, connection) => this.#inbound(kind, stream, connection), {
        maxInboundStreams: maxStreams[kind],
        maxOutboundStreams: maxStreams[kind],
        runOnLimitedConnection: true,
      })
    }
    await this.#node.start()
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString())
  }

  /** Calls back whenever this peer is reached elsewhere than before. */
  onAddresses(listener: (addresses: readonly string[]) => void): void {
    let before = this.addresses().join()
    this.#node.addEventListener('self:peer:update', () => {
      const addresses = this.addresses()
      if (addresses.join() === before) return
      before = addresses.join()
      listener(addresses)
    })
  }

  /** Calls back when a link to somebody goes through another peer and could perhaps do without: `open` makes it so. */
  onRelayed(listener: (peer: PeerId, addresses: readonly string[]) => void): void {
    this.#relayed.onRelayed((peer) => void this.#tellRelayed(peer, listener))
  }

  onStream(listener: StreamListener): void {
    this.#listener = listener
  }

  async open(kind: StreamKind, peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<ByteStream> {
    setMaxListeners(0, signal) // One signal may bound many dials.
    const targets = this.#dialable(peer, addresses)
    try {
      await this.#closing.get(peer)
      const standing = this.#standing(peer)
      const direct = standing && !isRelayed(standing.remoteAddr) ? [] : await this.#direct(peer, targets)
      if (standing !== undefined && direct.length === 0) {
        const stream = await this.#openOn(standing, kind, signal).catch(unlessGone)
        if (stream !== null) return stream
        // The other side is closing it, and the dial would find it again.
        standing.abort(new Error('closed by the other side'))
      }
      return await this.#openOn(await this.#dial({ targets, signal }, direct), kind, signal)
    } catch (error) {
      throw await this.#failed(error, peer, { targets, signal })
    }
  }

  /** Directly where that can be; through another peer only when it cannot. */
  async #dial({ targets, signal }: Dial, direct: readonly Multiaddr[]): Promise<Connection> {
    if (targets.length === 0) throw new Error('it has no address that can be dialled')
    const relayed = targets.filter(isRelayed)
    if (relayed.length === 0) return this.#node.dial([...targets], { signal })
    if (direct.length === 0) return this.#node.dial(relayed, { signal })
    try {
      // Otherwise libp2p would be content with a relayed connection that stands.
      return await this.#node.dial([...direct], { signal, force: true })
    } catch (error) {
      signal.throwIfAborted()
      return this.#node.dial(relayed, { signal }).catch(() => {
        throw error
      })
    }
  }

  /**
   * Those that can be dialled from here without a detour. Of two pages one dials: when both do, WebRTC may end with a
   * connection that only one of them has.
   */
  async #direct(peer: PeerId, targets: readonly Multiaddr[]): Promise<Multiaddr[]> {
    const isOurs = (target: Multiaddr): boolean => !isWebRtc(target) || this.self < peer
    const all = targets.filter((target) => !isRelayed(target) && isOurs(target))
    const known = await Promise.all(all.map((target) => this.#node.isDialable(target)))
    return all.filter((_, i) => known[i] === true)
  }

  async #tellRelayed(peer: PeerId, listener: (peer: PeerId, addresses: readonly string[]) => void): Promise<void> {
    const known = await this.#node.peerStore.get(peerIdFromString(peer)).catch(() => null)
    const addresses = known?.addresses.map(({ multiaddr: address }) => address.toString()) ?? []
    const direct = await this.#direct(peer, this.#dialable(peer, addresses))
    if (direct.length > 0) listener(peer, addresses)
  }

  async find(address: string, signal: AbortSignal): Promise<PeerId> {
    const target = parseAddress(address, this.#surroundings.bare)
    this.#named.add(target.toString())
    setMaxListeners(0, signal)
    try {
      const connection = await this.#node.dial(target, { signal })
      return connection.remotePeer.toString() as PeerId
    } catch (error) {
      throw await this.#failed(error, address, { targets: [target], signal })
    }
  }

  /** The connections to a peer: through another peer, or by which protocol. */
  waysTo(peer: PeerId): ('relay' | 'webrtc' | 'ws' | 'tcp')[] {
    const open = this.#node.getConnections(peerIdFromString(peer)).filter(({ status }) => status === 'open')
    return open.map(({ remoteAddr }) => {
      if (isRelayed(remoteAddr)) return 'relay'
      if (isWebRtc(remoteAddr)) return 'webrtc'
      return remoteAddr.getComponents().some(({ name }) => name === 'ws') ? 'ws' : 'tcp'
    })
  }

  hangUp(peer: PeerId, reason: string): void {
    const connections = this.#node.getConnections(peerIdFromString(peer))
    if (connections.length === 0 || this.#closing.has(peer)) return
    const closing = Promise.all(connections.map((connection) => hangUp(connection, reason))).then(() => {
      this.#closing.delete(peer)
    })
    this.#closing.set(peer, closing)
  }

  stop(): Promise<void> {
    this.#listener = null
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Hangs up first: libp2p would destroy sockets under streams that still flush, and then wait for them. */
  async #stop(): Promise<void> {
    this.#relayed.stop()
    await Promise.all(this.#node.getConnections().map((connection) => hangUp(connection, 'this peer stops')))
    await this.#node.stop()
    stopAddressTimer(this.#node)
  }

  #inbound(kind: StreamKind, stream: Stream, connection: Connection): void {
    const listener = this.#listener
    if (listener === null) stream.abort(new Error('not open for streams yet'))
    else listener(kind, connection.remotePeer.toString() as PeerId, this.#wrap(kind, stream, connection))
  }

  #wrap(kind: StreamKind, stream: Stream, connection: Connection): ByteStream {
    let turns = this.#turns.get(connection)
    if (turns === undefined)
      this.#turns.set(connection, (turns = new Turns((callback) => this.#surroundings.soon(callback))))
    return new Libp2pStream(sparing(stream), turns, { urgent: kind === 'link' })
  }

  #standing(peer: PeerId): Connection | undefined {
    const open = this.#node.getConnections(peerIdFromString(peer)).filter(({ status }) => status === 'open')
    return open.findLast(({ remoteAddr }) => !isRelayed(remoteAddr)) ?? open[0]
  }

  async #openOn(connection: Connection, kind: StreamKind, signal: AbortSignal): Promise<ByteStream> {
    const stream = await connection.newStream(protocols[kind], { signal, runOnLimitedConnection: true })
    return this.#wrap(kind, stream, connection)
  }

  /**
   * The addresses with the peer's id, so that another peer at one of them is not taken for it. What others say of
   * a peer may be rubbish: that is left out, as is what would lead to another machine.
   */
  #dialable(peer: PeerId, addresses: readonly string[]): Multiaddr[] {
    return addresses.flatMap((address) => {
      try {
        const parsed = parseAddress(address, this.#surroundings.bare)
        if (this.#leadsAstray(parsed)) return []
        return namesItsPeer(parsed) ? parsed : multiaddr(`${parsed.toString()}/p2p/${peer}`)
      } catch {
        return []
      }
    })
  }

  /** Through a relay that is connected, nobody is dialled at the address. */
  #leadsAstray(address: Multiaddr): boolean {
    if (this.#surroundings.isTheirMachine || !isLoopback(address) || this.#named.has(address.toString())) return false
    const relay = relayOf(address)
    return relay === null || this.#node.getConnections(peerIdFromString(relay)).length === 0
  }

  async #failed(error: unknown, name: string, { targets, signal }: Dial): Promise<DialError> {
    const refused = await this.#surroundings.isRefused(error, targets, signal)
    const because = signal.aborted ? whyFailed(signal.reason) : whyFailed(error)
    const message = refused ? `nobody listens at ${name}` : `no connection to ${name}: ${because}`
    return new DialError(message, { refused, cause: error })
  }
}

interface Dial {
  readonly targets: readonly Multiaddr[]
  readonly signal: AbortSignal
}

async function hangUp(connection: Connection, reason: string): Promise<void> {
  if (connection.status !== 'open') return
  // When the connection breaks meanwhile, `close` may wait on for a drain that never comes.
  const broken = new Promise<Event>((resolve) => connection.addEventListener('close', resolve, { once: true }))
  try {
    await Promise.race([broken, connection.close()])
  } catch {
    connection.abort(new Error(reason))
  }
}

/** libp2p updates its own record a second after it stopped listening; that timer would hold the process. */
function stopAddressTimer(node: Libp2p): void {
  const { components } = node as { components?: { addressManager?: { _updatePeerStoreAddresses?: { stop?(): void } } } }
  components?.addressManager?._updatePeerStoreAddresses?.stop?.()
}

/** Who carries what is sent to that address; null: nobody. */
function relayOf(address: Multiaddr): string | null {
  const parts = address.getComponents()
  const at = parts.findIndex(({ name }) => name === 'p2p-circuit')
  return parts.slice(0, Math.max(0, at)).findLast(({ name }) => name === 'p2p')?.value ?? null
}

/** What stands before a relay's part names the relay. */
function namesItsPeer(address: Multiaddr): boolean {
  const names = address.getComponents().map(({ name }) => name)
  return names.lastIndexOf('p2p') > names.lastIndexOf('p2p-circuit')
}

/** Null for an error that says that the connection is gone; others are thrown on. */
function unlessGone(error: unknown): null {
  const name = error instanceof Error ? error.name : ''
  if (name === 'ConnectionClosedError' || name === 'MuxerClosedError') return null
  throw error
}
