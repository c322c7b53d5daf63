// How a page is linked: it dials WebSockets. What is the same in Node is libp2p-link's.

import { webSockets } from '@libp2p/websockets'
import { createLinkNode, Libp2pTransport } from '@murmuration/libp2p-link'
import type { LinkNodeOptions } from '@murmuration/libp2p-link'
import { soon } from './soon.ts'

export async function createTransport({ key }: Pick<LinkNodeOptions, 'key'>): Promise<Libp2pTransport> {
  const node = await createLinkNode({ key, listen: [], transports: [webSockets()] })
  const transport = new Libp2pTransport(node, {
    bare: 'ws',
    // Browsers do not tell pages why a socket did not open.
    isRefused: () => Promise.resolve(false),
    soon,
  })
  await transport.start()
  return transport
}
