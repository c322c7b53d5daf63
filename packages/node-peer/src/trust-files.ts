// What trust leaves on disk, in the user's home: which invites were made and which were revoked, by mesh,
// and beside each kept identity the pass that it was given. Lines and small files; what they say is core's to judge.

import { join } from 'node:path'
import type { Role } from '@murmuration/core/internal'
import { readIfThere, writeWhole } from './home.ts'

/** An invite that was made here, without its secret. */
export interface InviteRecord {
  readonly id: string
  readonly role: Role
  /** Milliseconds since 1970. */
  readonly madeAt: number
  readonly until: number
}

function meshFile(home: string, mesh: string, name: string): string {
  return join(home, 'meshes', mesh, name)
}

/** Statements of revocation, newest last. */
export async function readRevocations(home: string, mesh: string): Promise<string[]> {
  return linesOf(await readIfThere(meshFile(home, mesh, 'revoked')))
}

export function writeRevocations(home: string, mesh: string, tokens: readonly string[]): Promise<void> {
  return writeWhole(meshFile(home, mesh, 'revoked'), `${tokens.join('\n')}\n`)
}

export async function readInvites(home: string, mesh: string): Promise<InviteRecord[]> {
  const lines = linesOf(await readIfThere(meshFile(home, mesh, 'invites')))
  return lines.flatMap((line) => parseRecord(line) ?? [])
}

/** Adds one; those that ended a while ago go. */
export async function recordInvite(home: string, mesh: string, record: InviteRecord): Promise<void> {
  const known = await readInvites(home, mesh)
  const kept = [...known.filter(({ until }) => until > Date.now() - rememberedMs), record]
  await writeWhole(meshFile(home, mesh, 'invites'), kept.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

const rememberedMs = 30 * 86_400_000

export async function readPass(directory: string | null): Promise<string | undefined> {
  const bytes = directory === null ? null : await readIfThere(join(directory, 'pass'))
  return bytes?.toString().trim()
}

export async function writePass(directory: string | null, token: string): Promise<void> {
  if (directory !== null) await writeWhole(join(directory, 'pass'), `${token}\n`)
}

function linesOf(bytes: Uint8Array | null): string[] {
  return (bytes?.toString() ?? '').split('\n').filter((line) => line !== '')
}

function parseRecord(line: string): InviteRecord | null {
  try {
    const { id, role, madeAt, until } = JSON.parse(line) as Partial<InviteRecord>
    return typeof id === 'string' && role && typeof madeAt === 'number' && typeof until === 'number'
      ? { id, role, madeAt, until }
      : null
  } catch {
    return null
  }
}
