// The third platform: a whole mesh in one process, in virtual time, from one seed.

export * from './bodies.ts'
export * from './checks.ts'
export * from './churn.ts'
export { Clockwork } from './clockwork.ts'
export * from './network.ts'
export { SimPeer } from './peer.ts'
export * from './values.ts'
export { Witness } from './witness.ts'
export * from './workloads.ts'
export * from './world.ts'
