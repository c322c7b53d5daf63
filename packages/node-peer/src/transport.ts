// core's Transport on libp2p: identity, noise and yamux over TCP and WebSockets, two protocols, and
// nearly every default changed. libp2p's own monitor, reconnects and limits per host are off: who
// is alive, who is redialled and who is kept is the machine's to decide. It does not know what is
// said on a stream, nor which of two connections between a pair the link should use.

import './shim.ts'
import { setMaxListeners } from 'node:events'
import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import type { Connection, PrivateKey, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DialError } from '@murmuration/core/internal'
import type { ByteStream, PeerId, StreamKind, Transport } from '@murmuration/core/internal'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { hostPart, parseAddress } from './address.ts'
import { whyNotListening } from './listening.ts'
import { isRefused, whyFailed } from './refusal.ts'
import { Libp2pStream } from './stream.ts'
import { Turns } from './writer.ts'

export interface TransportOptions {
  readonly key: PrivateKey
  /** Where to listen. Default: 127.0.0.1, this machine only. */
  readonly host?: string | undefined
  /** TCP port. Default 0: any free one. */
  readonly port?: number | undefined
  /** WebSocket port. Default 0: any free one. */
  readonly wsPort?: number | undefined
  /** Multiaddrs to listen on instead of `host`, `port` and `wsPort`. Empty: only dials. */
  readonly listen?: readonly string[] | undefined
}

type StreamListener = (kind: StreamKind, from: PeerId, stream: ByteStream) => void

const protocols: Readonly<Record<StreamKind, string>> = {
  link: '/murmuration/link/1',
  object: '/murmuration/object/1',
}

/** Per connection and direction. Over it the other side resets the stream without telling the dialler. */
const maxStreams: Readonly<Record<StreamKind, number>> = { link: 64, object: 1_000 }

/** How long a connection that is hung up may take to send what it still holds. */
const hangUpMs = 500

/** Rejects with PortInUseError, ListenError, AddressError. */
export async function createTransport(options: TransportOptions): Promise<Libp2pTransport> {
  const node = await createLibp2p({
    start: false,
    privateKey: options.key,
    nodeInfo: { name: 'murmuration', version: '1', userAgent: 'murmuration/1' },
    addresses: { listen: listenAddresses(options) },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: 2_000,
        maxOutboundStreams: 2_000,
        maxEarlyStreams: 1_000,
        // The window grows to 16 MiB while reading is fast; a reader that then pauses must be able to
        // hold all of it, or the stream is reset.
        streamOptions: { maxReadBufferLength: 32 * 1024 * 1024 },
      }),
    ],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: 1_000,
      maxParallelDials: 64,
      inboundConnectionThreshold: Number.POSITIVE_INFINITY,
      maxIncomingPendingConnections: 1_000,
      reconnectRetries: 0,
      connectionCloseTimeout: hangUpMs,
    },
    services: { identify: identify() },
  })
  const transport = new Libp2pTransport(node)
  await transport.start()
  return transport
}

function listenAddresses({ host = '127.0.0.1', port = 0, wsPort = 0, listen }: TransportOptions): string[] {
  if (listen !== undefined) return listen.map((address) => parseAddress(address).toString())
  return [`/${hostPart(host)}/tcp/${port}`, `/${hostPart(host)}/tcp/${wsPort}/ws`]
}

export class Libp2pTransport implements Transport {
  readonly self: PeerId
  readonly #node: Libp2p
  #listener: StreamListener | null = null
  #stopped: Promise<void> | null = null
  readonly #turns = new WeakMap<Connection, Turns>()
  /** Connections being closed: not to be used again, though libp2p still calls them open. */
  readonly #closing = new Map<PeerId, Promise<void>>()

  constructor(node: Libp2p) {
    this.#node = node
    this.self = node.peerId.toString() as PeerId
  }

  async start(): Promise<void> {
    for (const kind of ['link', 'object'] as const) {
      await this.#node.handle(protocols[kind], (stream, connection) => this.#inbound(kind, stream, connection), {
        maxInboundStreams: maxStreams[kind],
        maxOutboundStreams: maxStreams[kind],
        runOnLimitedConnection: true,
      })
    }
    try {
      await this.#node.start()
    } catch (error) {
      throw whyNotListening(error)
    }
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString())
  }

  onStream(listener: StreamListener): void {
    this.#listener = listener
  }

  async open(kind: StreamKind, peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<ByteStream> {
    setMaxListeners(0, signal) // One signal may bound many dials.
    const targets = dialable(peer, addresses)
    try {
      await this.#closing.get(peer)
      const standing = this.#standing(peer)
      if (standing !== undefined) {
        const stream = await this.#openOn(standing, kind, signal).catch(unlessGone)
        if (stream !== null) return stream
        // The other side is closing it, and the dial would find it again.
        standing.abort(new Error('closed by the other side'))
      }
      if (targets.length === 0) throw new Error('it has no address that can be dialled')
      const connection = await this.#node.dial(targets, { signal })
      return await this.#openOn(connection, kind, signal)
    } catch (error) {
      throw await failedDial(peer, targets, error, signal)
    }
  }

  async find(address: string, signal: AbortSignal): Promise<PeerId> {
    const target = parseAddress(address)
    setMaxListeners(0, signal)
    try {
      const connection = await this.#node.dial(target, { signal })
      return connection.remotePeer.toString() as PeerId
    } catch (error) {
      throw await failedDial(address, [target], error, signal)
    }
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
    if (turns === undefined) this.#turns.set(connection, (turns = new Turns()))
    return new Libp2pStream(stream, turns, { urgent: kind === 'link' })
  }

  #standing(peer: PeerId): Connection | undefined {
    const open = this.#node.getConnections(peerIdFromString(peer)).filter(({ status }) => status === 'open')
    return open.find(({ limits }) => limits === undefined) ?? open[0]
  }

  async #openOn(connection: Connection, kind: StreamKind, signal: AbortSignal): Promise<ByteStream> {
    const stream = await connection.newStream(protocols[kind], { signal, runOnLimitedConnection: true })
    return this.#wrap(kind, stream, connection)
  }
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

/** Null for an error that says that the connection is gone; others are thrown on. */
function unlessGone(error: unknown): null {
  const name = error instanceof Error ? error.name : ''
  if (name === 'ConnectionClosedError' || name === 'MuxerClosedError') return null
  throw error
}

/**
 * The addresses with the peer's id, so that another peer at one of them is not taken for it. What others say of
 * a peer may be rubbish: that is left out.
 */
function dialable(peer: PeerId, addresses: readonly string[]): Multiaddr[] {
  return addresses.flatMap((address) => {
    try {
      const parsed = parseAddress(address)
      const named = parsed.getComponents().some(({ name }) => name === 'p2p')
      return named ? parsed : multiaddr(`${parsed.toString()}/p2p/${peer}`)
    } catch {
      return []
    }
  })
}

async function failedDial(
  name: string,
  targets: readonly Multiaddr[],
  error: unknown,
  signal: AbortSignal,
): Promise<DialError> {
  const refused = await isRefused(error, targets, signal)
  const because = signal.aborted ? whyFailed(signal.reason) : whyFailed(error)
  const message = refused ? `nobody listens at ${name}` : `no connection to ${name}: ${because}`
  return new DialError(message, { refused, cause: error })
}
