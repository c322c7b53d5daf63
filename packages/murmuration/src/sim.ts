// A whole mesh in one process, in virtual time, for tests.

export * from '@murmuration/sim-peer/mesh'
