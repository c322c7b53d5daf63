// The door for this workplace's own pages and tests. Nothing here is public.

export { joinPeer } from './join-peer.ts'
export type { JoinedPeer, JoinWays } from './join-peer.ts'
export { admissionByKey } from './admission.ts'
export { meshOf } from './mesh-of.ts'
export { preparedModules } from './prepared-code.ts'
export type { PreparedModule } from './prepared-code.ts'
export { createSandbox } from './sandbox/sandbox.ts'
export type { Sandbox } from './sandbox/sandbox.ts'
