// The door for the platforms that link their peers over libp2p. Nothing here is public.

export { AddressError, hostPart, isLocalName, parseAddress } from './address.ts'
export type { BareProtocol } from './address.ts'
export { createLinkNode } from './link-node.ts'
export type { LinkNodeOptions } from './link-node.ts'
export { leavesOf, silence, whyFailed } from './why-failed.ts'
export type { Leaf } from './why-failed.ts'
export { Libp2pStream } from './stream.ts'
export { Libp2pTransport } from './transport.ts'
export type { Surroundings } from './transport.ts'
export { Turns } from './writer.ts'
export { sparing } from './window.ts'
