// The libp2p node beneath a peer's links, the same in Node and in pages except for what it listens and
// dials with. Nearly every default is changed: libp2p's own monitor, reconnects and limits per host are
// off, since who is alive, who is redialled and who is kept is the machine's to decide.

import type { PrivateKey } from '@libp2p/interface'
import type { Libp2p, Libp2pOptions } from 'libp2p'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'

export interface LinkNodeOptions {
  readonly key: PrivateKey
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  readonly transports: NonNullable<Libp2pOptions['transports']>
  /** Beside `identify`, which every peer has. */
  readonly services?: Record<string, (components: never) => unknown> | undefined
}

/** How long a connection that is hung up may take to send what it still holds. */
const hangUpMs = 500

/** A node that is not started. */
export function createLinkNode({ key, listen, transports, services = {} }: LinkNodeOptions): Promise<Libp2p> {
  return createLibp2p({
    start: false,
    privateKey: key,
    nodeInfo: { name: 'murmuration', version: '1', userAgent: 'murmuration/1' },
    addresses: { listen: [...listen] },
    transports,
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
    // In pages libp2p would dial neither ws:// nor any private address.
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
    services: { ...services, identify: identify() },
  })
}
