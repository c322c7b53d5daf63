// How a Node peer is reached: TCP for its own kind, WebSockets for pages, on loopback unless told
// otherwise. It relays between those who cannot be reached. What is the same in pages is libp2p-link's.

import './shim.ts'
import { createLinkNode, gathered, hostPart, Libp2pTransport, parseAddress } from '@murmuration/libp2p-link'
import type { LinkNodeOptions } from '@murmuration/libp2p-link'
import { circuitRelayServer, circuitRelayTransport, tcp, webSockets } from '@murmuration/libp2p-link/node'
import { corked } from './corked.ts'
import { whyNotListening } from './listening.ts'
import { isRefused } from './refusal.ts'

export interface TransportOptions extends Pick<LinkNodeOptions, 'key'> {
  /** Where to listen. Default: 127.0.0.1, this machine only. */
  readonly host?: string | undefined
  /** TCP port. Default 0: any free one. */
  readonly port?: number | undefined
  /** WebSocket port. Default 0: any free one. */
  readonly wsPort?: number | undefined
  /** Multiaddrs to listen on instead of `host`, `port` and `wsPort`. Empty: only dials. */
  readonly listen?: readonly string[] | undefined
}

/** Pages are reached through any Node peer they are linked with, until they have found each other. libp2p would cut them off at 128 KiB. */
const relaySettings = { reservations: { maxReservations: 1_000, applyDefaultLimit: false } }

/** Rejects with PortInUseError, ListenError, AddressError. */
export async function createTransport(options: TransportOptions): Promise<Libp2pTransport> {
  const node = await createLinkNode({
    key: options.key,
    listen: listenAddresses(options),
    transports: [corked(tcp()), gathered(webSockets()), circuitRelayTransport()],
    services: { relay: circuitRelayServer(relaySettings) },
  })
  const transport = new Libp2pTransport(node, { bare: 'tcp', isTheirMachine: true, isRefused, soon: setImmediate })
  try {
    await transport.start()
  } catch (error) {
    throw whyNotListening(error)
  }
  return transport
}

function listenAddresses({ host = '127.0.0.1', port = 0, wsPort = 0, listen }: TransportOptions): string[] {
  if (listen !== undefined) return listen.map((address) => parseAddress(address).toString())
  return [`/${hostPart(host)}/tcp/${port}`, `/${hostPart(host)}/tcp/${wsPort}/ws`]
}
