// What platforms need of trust: reading and making invites, and the admission of a peer.

export { Admission } from './admission.ts'
export type { AdmissionOptions, Credentials, Refusal, Verdict } from './admission.ts'
export { useEd25519 } from './ed25519.ts'
export type { Ed25519 } from './ed25519.ts'
export { readEntries } from './entries.ts'
export type { NamedEntries } from './entries.ts'
export { checkUntil, inviteLink, looksLikeInvite, parseInvite, signInvite } from './invite.ts'
export type { Invite, InviteTerms } from './invite.ts'
export { meshKeys, meshName } from './mesh-keys.ts'
export type { MeshKeys } from './mesh-keys.ts'
export { signRevocation } from './revocations.ts'
