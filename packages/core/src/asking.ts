// Whom to ask what: one peer by its name or id, or everybody at once, with the times between which each has
// answered, so that what it says of when can be put on our clock.

import { MeshError } from './errors.ts'
import type { LifeId } from './model/ids.ts'
import { peerOf } from './model/ids.ts'
import { limits } from './model/limits.ts'
import type { InspectRow, Query } from './model/messages.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'
import { isOver } from './state/membership.ts'

/** What one peer answered, and between which moments of our clock. */
export interface Told {
  readonly name: string
  readonly life: LifeId
  readonly rows: readonly InspectRow[]
  readonly askedAt: number
  readonly answeredAt: number
}

/** Everybody who is here, ourselves among them, and those of whom we only heard; not who only looks. */
export function everybody(peer: PeerBeneath): LifeId[] {
  const { members } = peer.state
  const others = members.others().filter(({ state }) => !isOver(state))
  return [members.me, ...others].filter(({ profile }) => profile?.role !== 'observer').map(({ life }) => life)
}

/** All of them at once; who does not answer in time is left out. */
export async function askAll(peer: PeerBeneath, lives: readonly LifeId[], query: Query): Promise<Told[]> {
  const answers = await Promise.allSettled(lives.map((life) => askTimed(peer, life, query)))
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
}

async function askTimed(peer: PeerBeneath, life: LifeId, query: Query): Promise<Told> {
  const askedAt = performance.now()
  const rows = await peer.inspect(life, query)
  return { name: peer.state.members.nameOf(peerOf(life)), life, rows, askedAt, answeredAt: performance.now() }
}

/** Numbered rows that one peer has by now, page by page: each page with its own times. None when it does not answer. */
export async function askPages(peer: PeerBeneath, life: LifeId, query: Pick<Query, 'what' | 'id'>): Promise<Told[]> {
  const pages: Told[] = []
  for (let after = 0; pages.length < mostPages;) {
    const page = await askTimed(peer, life, { ...query, after, limit: limits.rows }).catch(() => null)
    if (page === null || page.rows.length === 0) break
    pages.push(page)
    if (page.rows.length < limits.rows) break
    after = Number(page.rows.at(-1)?.['nth'])
  }
  return pages
}

/** Of 10,000 rows each: what is written while we ask is left for the next time. */
const mostPages = 8

/** By id or name, of several by one name a living one. Throws NOT_FOUND with the names there are. */
export function findPeer(peer: PeerBeneath, whom: string): LifeId {
  const others: string[] = []
  let found: LifeId | null = null
  for (const member of peer.state.members.all()) {
    const name = peer.state.members.nameOf(member.peer)
    others.push(name)
    if (member.peer !== whom && name !== whom) continue
    if (!isOver(member.state)) return member.life
    found ??= member.life
  }
  if (found) return found
  throw new MeshError('NOT_FOUND', `no peer ${whom} here; there are ${others.join(', ')}`)
}
