// The user's mesh key, on disk: whoever can read that file belongs to the mesh, and may sign for it. Same
// user, same machine: no ceremony. What is signed with it is core's (trust/).

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createWhole, readIfThere } from './home.ts'

const keyBytes = 32

/** There is a key file, and no key in it. Carries the code that users see. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code = 'INVALID_OPTION'
}

/** Where a user's mesh key is. */
export function meshKeyPath(home: string): string {
  return join(home, 'mesh.key')
}

/** The user's mesh key, made by whichever process is first. Rejects with KeyFileError. */
export async function loadMeshKey(home: string): Promise<Uint8Array> {
  const path = meshKeyPath(home)
  const bytes = (await readIfThere(path)) ?? (await makeMeshKey(path))
  if (bytes.byteLength === keyBytes) return bytes
  throw new KeyFileError(
    `${path} holds ${bytes.byteLength} bytes, a mesh key has ${keyBytes}: put the right file back, or remove it and a new key is made`,
  )
}

async function makeMeshKey(path: string): Promise<Uint8Array> {
  const mine = randomBytes(keyBytes)
  if (await createWhole(path, mine)) return mine
  return (await readIfThere(path)) ?? mine
}
