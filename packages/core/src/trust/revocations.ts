// Which invites count no more. A revocation is a statement signed with the mesh's key, so it may come
// from anybody and be passed on by anybody; it is kept until the invite would have ended anyway. A bounded
// table: one that revokes more than that in a mesh's life changes its key.

import { untilOf } from './pass.ts'
import { readClaims, signToken, verifyToken } from './token.ts'

/** Kept at most; the ones that end last are. */
const mostRevocations = 1_000

export function signRevocation(invite: { readonly id: string; readonly until: number }, secretKey: Uint8Array): string {
  return signToken('revocation+jwt', { jti: invite.id, exp: Math.floor(invite.until / 1_000) }, secretKey)
}

export class Revocations {
  readonly #publicKey: Uint8Array
  readonly #now: () => number
  readonly #rows = new Map<string, { readonly until: number; readonly token: string }>()

  constructor(publicKey: Uint8Array, now: () => number) {
    this.#publicKey = publicKey
    this.#now = now
  }

  has(invite: string): boolean {
    return this.#rows.has(invite)
  }

  /** Those among these statements that are the mesh's own and were not known. */
  learn(tokens: readonly string[]): string[] {
    return tokens.filter((token) => this.#learn(token))
  }

  #learn(token: string): boolean {
    const said = readClaims('revocation+jwt', token.slice(0, token.lastIndexOf('.')))
    const jti = said?.['jti']
    const until = untilOf(said?.['exp'])
    if (typeof jti !== 'string' || until === null || until <= this.#now()) return false
    // Most are known: they are not checked again.
    if (this.#rows.has(jti) || verifyToken('revocation+jwt', token, this.#publicKey) === null) return false
    this.#rows.set(jti, { until, token })
    if (this.#rows.size > mostRevocations) this.#forget()
    return this.#rows.has(jti)
  }

  /** Those that say nothing any more, else the one that will soonest. */
  #forget(): void {
    const first = [...this.#rows].sort(([, a], [, b]) => a.until - b.until)[0]
    if (first) this.#rows.delete(first[0])
  }

  /** As statements, for peers that do not know them, and for the disk. */
  all(): string[] {
    const now = this.#now()
    for (const [invite, { until }] of this.#rows) if (until <= now) this.#rows.delete(invite)
    return [...this.#rows.values()].map(({ token }) => token)
  }
}
