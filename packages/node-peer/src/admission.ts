// Same user, same machine: whoever can read the user's mesh key belongs. A token is an HMAC (RFC
// 2104) over both ends' ids, so that nobody can pass it on, and the mesh's name tells nothing of
// the key. Invites for everybody else are not its business.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import type { Admission, PeerId } from '@murmuration/core/internal'
import { createWhole, readIfThere } from './home.ts'
import { sha256 } from './sha256.ts'

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

export class KeyAdmission implements Admission {
  readonly mesh: string
  readonly #key: Uint8Array
  readonly #self: PeerId

  constructor(key: Uint8Array, self: PeerId) {
    this.#key = key
    this.#self = self
    this.mesh = sha256(key).slice(0, 16)
  }

  token(to: PeerId): string {
    return this.#sign(this.#self, to).toString('base64url')
  }

  admits(from: PeerId, mesh: string, token: string): boolean {
    const wanted = this.#sign(from, this.#self)
    const given = Buffer.from(token, 'base64url')
    return mesh === this.mesh && given.byteLength === wanted.byteLength && timingSafeEqual(given, wanted)
  }

  #sign(from: PeerId, to: PeerId): Buffer {
    return createHmac('sha256', this.#key).update(`${this.mesh}|${from}>${to}`).digest()
  }
}
