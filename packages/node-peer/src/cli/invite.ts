// `murmur invite`, `murmur revoke` and `murmur list invites`: letting people in, and out again. The link is a
// secret, so it goes to stdout alone; its QR code is for the phone in front of the screen.

import { renderUnicodeCompact } from 'uqr'
import { MeshError } from '@murmuration/core/internal'
import type { Role } from '@murmuration/core/internal'
import { homePath } from '../home.ts'
import { knownInvites, makeInvite, revokeInvite } from '../invites.ts'
import { KeyFileError } from '../mesh-key.ts'
import type { Common } from './arguments.ts'
import { observe } from './observer.ts'
import { coloured, colours, print, printJson, table } from './table.ts'
import { duration, plural } from './words.ts'

export interface InviteOptions extends Common {
  readonly role: Role
  /** Milliseconds. */
  readonly for: number
  readonly page?: string | undefined
}

const meanings: Readonly<Record<Role, string>> = {
  worker: 'runs and keeps what members ask for, and submits nothing',
  member: 'submits work too: code of theirs runs on your peers as you',
  observer: 'looks and reads, runs and submits nothing',
}

export async function invite({
  role,
  for: forMs,
  page,
  entry,
  home = homePath(),
  json,
}: InviteOptions): Promise<number> {
  const { invite, link } = await makeInvite({ home, role, forMs, page, entry }).catch(fromKeyFile)
  const { id, until } = invite
  if (json === true) {
    printJson({ id, role, until: new Date(until).toISOString(), link, entry: invite.entry })
    return 0
  }
  const lines = [
    qrCode(link),
    '',
    link,
    '',
    `Whoever has this link comes in as ${colours.bold(role)} for ${duration(forMs)}: ${meanings[role]}.`,
    ...(page === undefined ? [`  by command   murmur up --invite LINK`] : []),
    `  take it back ${colours.cyan(`murmur revoke ${id}`)}`,
  ]
  print(lines.join('\n'))
  return 0
}

/** What is drawn is white, two rows of it per line; the black is the ground, also of a terminal that is bright. */
function qrCode(link: string): string {
  const lines = renderUnicodeCompact(link, { ecc: 'L', border: 2 }).split('\n')
  return lines.map((line) => colours.bgBlack(colours.whiteBright(line))).join('\n')
}

export async function revoke(id: string, common: Common): Promise<number> {
  const home = common.home ?? homePath()
  const { role, state, ...revoked } = await revokeInvite(home, id).catch(fromKeyFile)
  const told = state === 'open' ? await tellMesh(common) : 0
  if (common.json === true) {
    printJson({ revoked: revoked.id, role, was: state, told })
    return 0
  }
  if (state !== 'open') print(`invite ${revoked.id} (${role}) was ${state} already`)
  else if (told > 0) print(`revoked ${revoked.id}: ${plural(told, 'peer')} will not take its ${role} passes any more`)
  else print(`revoked ${revoked.id}: no peer of yours runs now; those that you start will not take it`)
  return 0
}

/** Whoever joins from this home tells what is revoked; they answer after they have taken that. */
async function tellMesh(common: Common): Promise<number> {
  try {
    return await observe(common, async (observer) => (await observer.ask(counters)).answers.length)
  } catch (error) {
    if (error instanceof MeshError && error.code === 'NOT_FOUND') return 0
    throw error
  }
}

const counters = { what: 'counters', id: null, limit: 1 } as const

export async function listInvites({ json, home = homePath() }: Common): Promise<number> {
  const invites = await knownInvites(home).catch(fromKeyFile)
  if (json === true) {
    const at = (ms: number): string => new Date(ms).toISOString()
    printJson({
      invites: invites.map(({ madeAt, until, ...rest }) => ({ ...rest, madeAt: at(madeAt), until: at(until) })),
    })
    return 0
  }
  if (invites.length === 0) {
    print('no invites: none was made here within the last month (murmur invite)')
    return 0
  }
  const now = Date.now()
  const rows = invites.map(({ id, role, state, madeAt, until }) => [
    id,
    role,
    coloured(state),
    `${duration(now - madeAt)} ago`,
    state === 'open' ? `in ${duration(until - now)}` : '',
  ])
  print(table(['INVITE', 'ROLE', 'STATE', 'MADE', 'ENDS'], rows))
  return 0
}

function fromKeyFile(error: unknown): never {
  if (error instanceof KeyFileError) throw new MeshError(error.code, error.message, { cause: error })
  throw error
}
