// What `mesh.explain` says: the lines of whoever answers for a thing, and below those that another peer knows more of
// what that one says, from peer to peer. It phrases questions; what there is to tell is state/explaining.

import { askAll, everybody } from './asking.ts'
import { MeshError } from './errors.ts'
import type { LifeId } from './model/ids.ts'
import type { InspectRow } from './model/messages.ts'
import { invalid, name } from './option-rules.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'

/** Rejects with MeshError INVALID_OPTION, NOT_FOUND. */
export async function explain(peer: PeerBeneath, id: string): Promise<string> {
  if (!name.ok(id)) throw invalid('explain: expected a ref, or the whole id of a task or an object')
  const query = { what: 'explain', id, limit: 1_000 } as const
  // In turn, so that what was called for just now is known.
  const here = await peer.inspect(peer.self, query)
  if (here.length > 0) return tree(await followed(peer, here, mostHops))
  const answers = await askAll(peer, everybody(peer), query)
  const knows = answers.find(({ rows }) => rows.length > 0)
  if (knows) return tree(await followed(peer, knows.rows, mostHops))
  throw new MeshError(
    'NOT_FOUND',
    `nobody of ${answers.length} peers knows ${id}: it was released, or its name is not whole`,
  )
}

/** From peer to peer so many times, and so many questions at one of them. */
const mostHops = 4
const mostAsked = 8

/** Below the lines that another peer knows more of, what that one says. Who does not answer says nothing. */
async function followed(peer: PeerBeneath, rows: readonly InspectRow[], hops: number): Promise<readonly InspectRow[]> {
  if (hops === 0) return rows
  const isKnown = ({ at }: InspectRow): boolean => typeof at === 'string' && peer.state.members.knows(at as LifeId)
  const open = rows.filter(isKnown).slice(0, mostAsked)
  const answers = await Promise.all(
    open.map(async ({ at, task }) => {
      const query = { what: 'explain', id: String(task), limit: 100 } as const
      const [told] = await askAll(peer, [at as LifeId], query)
      return followed(peer, told?.rows ?? [], hops - 1)
    }),
  )
  const below = new Map(open.map((row, i) => [row, answers[i] ?? []]))
  return rows.flatMap((row) => [
    row,
    ...(below.get(row) ?? []).map((one) => ({ ...one, depth: Number(one['depth']) + Number(row['depth']) + 1 })),
  ])
}

function tree(rows: readonly InspectRow[]): string {
  return rows.map((row) => `${'  '.repeat(Number(row['depth'] ?? 0))}${String(row['text'])}`).join('\n')
}
