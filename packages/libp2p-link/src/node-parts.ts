// The parts of libp2p that only a peer in Node is made of.

export { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
export { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
export { tcp } from '@libp2p/tcp'
export { webSockets } from '@libp2p/websockets'
