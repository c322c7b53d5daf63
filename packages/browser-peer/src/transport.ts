// How a page is linked: it dials WebSockets, and is reached through the Node peers that it dialled, which
// carry its first words to other pages until the two have a WebRTC connection. What is the same in Node
// is libp2p-link's.

import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { webSockets } from '@libp2p/websockets'
import { createLinkNode, gathered, Libp2pTransport } from '@murmuration/libp2p-link'
import type { LinkNodeOptions } from '@murmuration/libp2p-link'
import { isFromThisMachine } from './origin.ts'
import { soon } from './soon.ts'
import { webRTC } from './webrtc.js'

export interface TransportOptions extends Pick<LinkNodeOptions, 'key'> {
  /** Who tells a page its address beyond its own network. Default: nobody is asked. */
  readonly iceServers?: readonly RTCIceServer[] | undefined
}

/** More in one message and browsers cut it; less and each costs as much. */
const maxMessageSize = 65_536

export async function createTransport({ key, iceServers = [] }: TransportOptions): Promise<Libp2pTransport> {
  const hasWebRtc = typeof RTCPeerConnection === 'function'
  const rtcConfiguration = { iceServers: [...iceServers] }
  const node = await createLinkNode({
    key,
    listen: hasWebRtc ? ['/p2p-circuit', '/webrtc'] : ['/p2p-circuit'],
    transports: [
      gathered(webSockets()),
      circuitRelayTransport(),
      ...(hasWebRtc ? [webRTC({ rtcConfiguration, dataChannel: { maxMessageSize } })] : []),
    ],
  })
  const transport = new Libp2pTransport(node, {
    bare: 'ws',
    isTheirMachine: isFromThisMachine(location.hostname),
    // Browsers do not tell pages why a socket did not open.
    isRefused: () => Promise.resolve(false),
    soon,
  })
  await transport.start()
  return transport
}
