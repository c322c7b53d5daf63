// The door for the module that a platform runs in its workers. Narrow, because every worker pays for
// what it reaches: the protocol, the wire and the parsers stay outside.

export { exposeWorkerHost, type WorkerHostOptions } from './runtime/worker-host.ts'
