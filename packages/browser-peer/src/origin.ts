// Where this page came from: this machine or another. To peers that listen on loopback it can only be linked directly
// when that is the machine that they are on; elsewhere their addresses lead to whatever listens here.

import { isLocalName } from '@murmuration/libp2p-link'

/** `location.hostname` of a page from a file, or from a server on this machine. */
export function isFromThisMachine(hostname: string): boolean {
  return hostname === '' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname) || isLocalName(hostname)
}
