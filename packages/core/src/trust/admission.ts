// Whether a peer belongs to this mesh, and as what: said by its hello, judged here on both sides of every
// link. A peer shows its pass. Who has only an invite shows what the invite says, and proves that it has the
// signature too without sending it (HMAC, RFC 2104, over both ends' ids): a peer that holds the mesh's key
// can make that signature again, since Ed25519's are deterministic, and answers with a pass. So the secret
// never travels, and a stranger at an entry's address learns nothing of use. Streams are not known here.

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { PeerId } from '../model/ids.ts'
import type { Role } from '../model/role.ts'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import type { Invite } from './invite.ts'
import { endedSentence, termsOf } from './invite.ts'
import type { MeshKeys } from './mesh-keys.ts'
import { meshName } from './mesh-keys.ts'
import type { Pass } from './pass.ts'
import { readPass, signPass } from './pass.ts'
import { Revocations } from './revocations.ts'
import { readClaims, signatureOf } from './token.ts'

/** What a hello says of its sender's right to be here. */
export interface Credentials {
  readonly pass: string | null
  /** Has no pass yet: the invite without its signature, and the proof of having that. */
  readonly knock?: { readonly invite: string; readonly proof: string } | undefined
  /** For whoever knocked: its pass. */
  readonly issued?: string | undefined
}

export type Verdict =
  | { readonly admitted: true; readonly role: Role; readonly until: number; readonly issued?: string | undefined }
  | Refusal

export interface Refusal {
  readonly admitted: false
  readonly code: 'FORBIDDEN' | 'INVITE_INVALID'
  readonly sentence: string
}

export interface AdmissionOptions {
  readonly self: PeerId
  /** One of the two: the mesh's keys, or an invite. */
  readonly by: MeshKeys | Invite
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A pass that an earlier life was given for this invite. One that does not fit is left alone. */
  readonly pass?: string | undefined
  /** What is known of revoked invites from before. */
  readonly revoked?: readonly string[] | undefined
}

/** Checked signatures are remembered: every transfer shows one. */
const remembered = 512

export class Admission {
  /** Names the mesh to those who know its public key. Never sent. */
  readonly mesh: string
  readonly #options: AdmissionOptions
  readonly #publicKey: Uint8Array
  readonly #revocations: Revocations
  readonly #passes = new Map<string, Pass>()
  readonly #listeners = new Set<(revocations: readonly string[]) => void>()
  #pass: string | null = null
  #mine: Pass | null = null

  constructor(options: AdmissionOptions) {
    const { self, by, now, pass, revoked = [] } = options
    this.#options = options
    this.#publicKey = 'secretKey' in by ? by.publicKey : by.key
    this.mesh = meshName(this.#publicKey)
    this.#revocations = new Revocations(this.#publicKey, now)
    this.#revocations.learn(revoked)
    if ('secretKey' in by)
      this.#take(signPass({ peer: self, role: 'member', until: Infinity, invite: null }, by.secretKey))
    else if (pass !== undefined && this.#read(pass)?.invite === by.id) this.#take(pass)
  }

  /** What this peer may do. Who has an invite and no pass yet will be given that role. */
  get role(): Role {
    const { by } = this.#options
    return this.#mine?.role ?? ('secretKey' in by ? 'member' : by.role)
  }

  /** When that ends, in milliseconds since 1970. */
  get until(): number {
    const { by } = this.#options
    return this.#mine?.until ?? ('secretKey' in by ? Number.POSITIVE_INFINITY : by.until)
  }

  /** Worth keeping for the next life: with it no entry has to hold the key. Null before somebody gave us one. */
  get pass(): string | null {
    return this.#pass
  }

  /** Our own pass counts no more: why. */
  get ended(): string | null {
    const { now, by } = this.#options
    if (this.until <= now()) return `this peer's invite has ${endedSentence(this.until)}`
    const invite = 'secretKey' in by ? null : by.id
    return invite !== null && this.#revocations.has(invite) ? `this peer's invite was revoked` : null
  }

  /** Calls back when what was judged may be otherwise by now: with revocations that are news, or a pass of our own. */
  onChange(listener: (revocations: readonly string[]) => void): void {
    this.#listeners.add(listener)
  }

  /** For whoever we dial. */
  credentials(to: PeerId): Credentials {
    const { by, self } = this.#options
    if (this.#pass !== null || 'secretKey' in by) return { pass: this.#pass }
    const at = by.token.lastIndexOf('.')
    const signature = fromBase64Url(by.token.slice(at + 1)) ?? new Uint8Array()
    const invite = by.token.slice(0, at)
    return { pass: null, knock: { invite, proof: proofOf(signature, invite, { from: self, to }) } }
  }

  /** What to make of whoever showed these: from the wire, so anything at all. */
  judge(from: PeerId, credentials: unknown): Verdict {
    const { pass, knock, issued } = (credentials ?? {}) as Record<string, unknown>
    if (typeof issued === 'string' && this.#pass === null) this.#take(issued)
    if (typeof pass === 'string') return this.#judgePass(from, pass)
    const { invite, proof } = (knock ?? {}) as Record<string, unknown>
    if (typeof invite === 'string' && typeof proof === 'string') return this.#redeem(from, invite, proof)
    return refused(
      'FORBIDDEN',
      'nothing was shown: this mesh takes in who holds its mesh.key, or an invite (murmur invite)',
    )
  }

  #judgePass(from: PeerId, token: string): Verdict {
    const pass = this.#read(token)
    if (pass === null)
      return refused(
        'FORBIDDEN',
        'this mesh has another key: join with the same mesh.key, ask for an invite, or found a mesh of your own',
      )
    if (pass.peer !== from)
      return refused('FORBIDDEN', 'that pass is of another peer, and cannot be passed on: join with an invite')
    return this.#standing(pass)
  }

  /** Of what is signed: whether it still counts. */
  #standing({ invite, until, role }: Omit<Pass, 'peer'>): Verdict {
    if (until <= this.#options.now()) return refused('INVITE_INVALID', `this invite has ${endedSentence(until)}`)
    if (invite !== null && this.#revocations.has(invite))
      return refused('INVITE_INVALID', 'this invite was revoked: ask for another one')
    return { admitted: true, role, until }
  }

  #redeem(from: PeerId, input: string, proof: string): Verdict {
    const { by, self } = this.#options
    if (!('secretKey' in by))
      return refused(
        'FORBIDDEN',
        "this peer cannot let in who has an invite, since it does not hold the mesh's key: knock where the invite says",
      )
    const terms = termsOf(readClaims('invite+jwt', input))
    if (terms === null)
      return refused('INVITE_INVALID', 'this is no invite: copy the whole link that murmur invite printed')
    if (meshName(terms.key) !== this.mesh)
      return refused(
        'INVITE_INVALID',
        'this invite is of another mesh: knock where it says, or ask for one of this mesh',
      )
    if (!isEqual(proofOf(signatureOf(input, by.secretKey), input, { from, to: self }), proof))
      return refused('INVITE_INVALID', 'this invite was not made by this mesh: ask for one')
    const { id, role, until } = terms
    const verdict = this.#standing({ invite: id, role, until })
    return verdict.admitted
      ? { ...verdict, issued: signPass({ peer: from, role, until, invite: id }, by.secretKey) }
      : verdict
  }

  /** A pass of our own. One that is somebody else's, or not this mesh's, is none. */
  #take(token: string): void {
    const pass = this.#read(token)
    if (pass?.peer !== this.#options.self) return
    this.#pass = token
    this.#mine = pass
    this.#tell([])
  }

  #read(token: string): Pass | null {
    const known = this.#passes.get(token)
    if (known !== undefined) return known
    const pass = readPass(token, this.#publicKey)
    // Rubbish must not push out what is of use.
    if (pass === null) return null
    this.#passes.set(token, pass)
    const [oldest] = this.#passes.keys()
    if (this.#passes.size > remembered && oldest !== undefined) this.#passes.delete(oldest)
    return pass
  }

  /** Statements of revocation, from anybody: gives those that are the mesh's own and were not known. */
  learn(revocations: readonly string[]): string[] {
    const news = this.#revocations.learn(revocations)
    if (news.length > 0) this.#tell(news)
    return news
  }

  /** All that are known, to be told to whoever is new, and kept. */
  get revocations(): readonly string[] {
    return this.#revocations.all()
  }

  #tell(revocations: readonly string[]): void {
    for (const listener of this.#listeners) listener(revocations)
  }
}

function refused(code: Refusal['code'], sentence: string): Refusal {
  return { admitted: false, code, sentence }
}

function proofOf(signature: Uint8Array, invite: string, { from, to }: { from: PeerId; to: PeerId }): string {
  return toBase64Url(hmac(sha256, signature, utf8ToBytes(`murmuration knock 1|${invite}|${from}>${to}`)))
}

/** In a time that does not tell where they differ. */
function isEqual(one: string, other: string): boolean {
  let differs = one.length ^ other.length
  for (let i = 0; i < one.length; i++) differs |= one.charCodeAt(i) ^ other.charCodeAt(i)
  return differs === 0
}
