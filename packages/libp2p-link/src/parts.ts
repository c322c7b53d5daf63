// The parts of libp2p that links are made of, in Node and in pages, behind one door.

export { isIPv4, isIPv6 } from '@chainsafe/is-ip'
export { identify } from '@libp2p/identify'
export { noise } from '@libp2p/noise'
export { peerIdFromString } from '@libp2p/peer-id'
export { yamux } from '@libp2p/yamux'
export { multiaddr } from '@multiformats/multiaddr'
export { createLibp2p } from 'libp2p'
export { setMaxListeners } from 'main-event'
