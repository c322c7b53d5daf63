// How this process is admitted: by the user's mesh key, or by an invite. What it learns meanwhile (its
// pass, revoked invites) is kept for the next process. A home that cannot be written is no reason not to join.

import { randomBytes } from 'node:crypto'
import { Admission, meshKeys, meshName, useEd25519 } from '@murmuration/core/internal'
import type { Invite, MeshKeys, PeerId } from '@murmuration/core/internal'
import type { Identity } from './identity.ts'
import { ed25519 } from './ed25519.ts'
import { codeOf } from './home.ts'
import { KeyFileError, loadMeshKey } from './mesh-key.ts'
import { readPass, readRevocations, writePass, writeRevocations } from './trust-files.ts'

useEd25519(ed25519)

export interface AdmissionFiles {
  readonly home: string
  readonly self: PeerId
  readonly identity: Identity
  /** The mesh's keys, or an invite. */
  readonly by: MeshKeys | Invite
}

/** The keys of the mesh that this user's peers form. Rejects with KeyFileError. */
export async function userKeys(home: string): Promise<MeshKeys> {
  try {
    return meshKeys(await loadMeshKey(home))
  } catch (error) {
    if (error instanceof KeyFileError || codeOf(error) === undefined) throw error
    // Where nothing can be written there is nobody to share a key with either.
    return meshKeys(randomBytes(32))
  }
}

export async function createAdmission({ home, self, identity, by }: AdmissionFiles): Promise<Admission> {
  const mesh = meshName('secretKey' in by ? by.publicKey : by.key)
  const revoked = await readRevocations(home, mesh).catch(() => [])
  const pass = await readPass(identity.directory).catch(() => undefined)
  const admission = new Admission({ self, by, now: () => Date.now(), pass, revoked })
  const isGiven = !('secretKey' in by)
  let known = revoked.length
  let kept = admission.pass
  let writing = Promise.resolve()
  const write = async (): Promise<void> => {
    const { pass: mine, revocations } = admission
    if (isGiven && mine !== null && mine !== kept) await writePass(identity.directory, mine)
    kept = mine
    if (revocations.length !== known) await writeRevocations(home, mesh, revocations)
    known = revocations.length
  }
  admission.onChange(() => {
    writing = writing.then(write).catch(() => {})
  })
  return admission
}
