// Making and revoking invites, by whoever can read the user's mesh key. What is made is recorded in the home,
// without its secret, so that it can be listed and revoked.

import { randomBytes } from 'node:crypto'
import { inviteLink, MeshError, meshName, signInvite, signRevocation } from '@murmuration/core/internal'
import type { Invite, Role } from '@murmuration/core/internal'
import { userKeys } from './admission.ts'
import { livingPeers } from './entry.ts'
import { readInvites, readRevocations, recordInvite, writeRevocations } from './trust-files.ts'
import type { InviteRecord } from './trust-files.ts'

export interface InviteRequest {
  readonly home: string
  readonly role: Role
  /** How long it is good for, and all that come in by it. */
  readonly forMs: number
  /** Where to knock: multiaddrs. Default: this user's peers on this machine. */
  readonly entry?: readonly string[] | undefined
  /** Where the join page is. */
  readonly page?: string | undefined
}

export interface MadeInvite {
  readonly invite: Invite
  /** What to send to people. */
  readonly link: string
}

/** Rejects with MeshError NOT_FOUND when there is no peer to knock at, and with KeyFileError. */
export async function makeInvite({ home, role, forMs, entry, page }: InviteRequest): Promise<MadeInvite> {
  const keys = await userKeys(home)
  const mesh = meshName(keys.publicKey)
  const madeAt = Date.now()
  const at = entry ?? (await doorsOf(home, mesh, page !== undefined))
  const id = randomBytes(5).toString('hex')
  const invite = signInvite({ id, role, until: madeAt + forMs, entry: at }, keys)
  await recordInvite(home, mesh, { id, role, madeAt, until: invite.until })
  return { invite, link: inviteLink(invite, page) }
}

const mostDoors = 3

/** Where this user's peers are reached: from other machines, when they are. Pages speak WebSockets only. */
async function doorsOf(home: string, mesh: string, forPages: boolean): Promise<string[]> {
  const living = (await livingPeers(home)).filter((running) => running.mesh === mesh)
  const all = living.flatMap(({ addresses }) => addresses).filter((address) => !forPages || isWebSocket(address))
  const far = all.filter((address) => !/^\/(ip4\/127\.|ip6\/::1\/|dns\w*\/localhost\/)/.test(address))
  const doors = far.length > 0 ? far : all
  // Everybody speaks WebSockets.
  const sorted = [...doors.filter(isWebSocket), ...doors.filter((address) => !isWebSocket(address))]
  if (sorted.length > 0) return sorted.slice(0, mostDoors)
  throw new MeshError(
    'NOT_FOUND',
    'no peer of yours runs on this machine for an invite to lead to: start one with murmur up, or name one with --entry',
  )
}

function isWebSocket(address: string): boolean {
  return /\/wss?(\/|$)/.test(address)
}

export interface KnownInvite extends InviteRecord {
  readonly state: 'open' | 'expired' | 'revoked'
}

/** Newest first. */
export async function knownInvites(home: string): Promise<KnownInvite[]> {
  const mesh = meshName((await userKeys(home)).publicKey)
  const [invites, revoked] = await Promise.all([readInvites(home, mesh), revokedIds(home, mesh)])
  const stateOf = ({ id, until }: InviteRecord): KnownInvite['state'] => {
    if (revoked.has(id)) return 'revoked'
    return until <= Date.now() ? 'expired' : 'open'
  }
  return invites.map((record) => ({ ...record, state: stateOf(record) })).reverse()
}

async function revokedIds(home: string, mesh: string): Promise<Set<unknown>> {
  const tokens = await readRevocations(home, mesh)
  return new Set(
    tokens.map((token) => {
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti?: unknown }
      return claims.jti
    }),
  )
}

/**
 * Writes the revocation down: peers that start in this home know it; those that run are told by whoever joins them from here.
 * Rejects with MeshError NOT_FOUND.
 */
export async function revokeInvite(home: string, whole: string): Promise<KnownInvite> {
  const keys = await userKeys(home)
  const mesh = meshName(keys.publicKey)
  const known = await knownInvites(home)
  const fits = known.filter(({ id }) => id.startsWith(whole))
  const [invite, ...others] = fits
  if (!invite) throw new MeshError('NOT_FOUND', `no invite ${whole} was made here${listed(known)}`)
  if (others.length > 0)
    throw new MeshError('NOT_FOUND', `${fits.length} invites begin with ${whole}: give more of its id${listed(fits)}`)
  if (invite.state === 'open') {
    const revocation = signRevocation(invite, keys.secretKey)
    await writeRevocations(home, mesh, [...(await readRevocations(home, mesh)), revocation])
  }
  return invite
}

function listed(invites: readonly InviteRecord[]): string {
  return invites.length === 0
    ? ''
    : `; there are ${invites
        .map(({ id }) => id)
        .slice(0, 20)
        .join(', ')}`
}
