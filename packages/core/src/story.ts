// The stories that peers tell of one thing, as one. No two clocks agree, so each peer says how long ago
// something was when it answered; halfway between question and answer is when that was by ours (Cristian,
// 1989), wrong by half a round trip at most. What that cannot tell apart is put in the order in which it must
// have been: nothing starts before it was given, and nothing is known to have ended before it did.

import type { Told } from './asking.ts'
import { MeshError } from './errors.ts'
import type { InspectRow } from './model/messages.ts'
import { limits } from './model/limits.ts'
import { storySentence } from './story-words.ts'

/** One thing that one peer was told, saw or decided. */
export interface StoryLine {
  /** Milliseconds since the first line. */
  readonly sinceMs: number
  /** The same by this peer's wall clock: milliseconds since 1970, for `new Date(at)`. */
  readonly at: number
  /** Who tells it, by name. */
  readonly peer: string
  /** In one word: `asked`, `given`, `started`, `ran`, `threw`, `crashed`, `retried`, `value`, `failed`, … `noted` for whatever has none. */
  readonly what: string
  /** 0 where it is about none. */
  readonly attempt: number
  /** The sentence, without who tells it. */
  readonly text: string
}

/** Of what one attempt goes through, what cannot be before what. */
const ranks: Readonly<Record<string, number>> = {
  asked: 0,
  given: 1,
  hedged: 1,
  resumed: 1,
  started: 2,
  checkpointed: 2,
  ran: 3,
  threw: 3,
  stopped: 3,
  crashed: 3,
  'gave-back': 3,
  retried: 4,
  moved: 4,
  value: 5,
  failed: 5,
}

interface Placed {
  readonly row: InspectRow
  readonly peer: string
  readonly nth: number
  at: number
}

/** `wallAhead`: of our monotonic clock, in milliseconds. */
export function mergeStories(parts: readonly Told[], wallAhead: number): StoryLine[] {
  const placed = parts.flatMap(({ name, rows, askedAt, answeredAt }) =>
    rows.map((row): Placed => {
      const at = (askedAt + answeredAt) / 2 - Number(row['agoMs'])
      return { row, peer: name, nth: Number(row['nth']), at }
    }),
  )
  for (const attempt of byAttempt(placed)) inOrder(attempt)
  placed.sort((a, b) => a.at - b.at || rankOf(a) - rankOf(b) || a.nth - b.nth)
  const first = placed[0]?.at ?? 0
  return placed.slice(0, limits.rows).map(({ row, peer, at }) => ({
    sinceMs: at - first,
    at: at + wallAhead,
    peer,
    what: String(row['what']),
    attempt: Number(row['attempt']),
    text: storySentence(row),
  }))
}

function byAttempt(placed: readonly Placed[]): Placed[][] {
  const groups = new Map<string, Placed[]>()
  for (const one of placed) {
    if (ranks[String(one.row['what'])] === undefined) continue
    const key = `${String(one.row['id'])}#${Number(one.row['attempt'])}`
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups.values()]
}

/** What comes out too early for what it follows from is as late as that. */
function inOrder(attempt: Placed[]): void {
  attempt.sort((a, b) => rankOf(a) - rankOf(b) || a.at - b.at)
  let latest = Number.NEGATIVE_INFINITY
  for (const one of attempt) latest = one.at = Math.max(latest, one.at)
}

function rankOf({ row }: Placed): number {
  return ranks[String(row['what'])] ?? 0
}

export function unknownStory(id: string, asked: number): MeshError {
  return new MeshError(
    'NOT_FOUND',
    `nobody of ${asked} peers remembers ${id}: it is too long ago (storyRows, storyTroubles), never was, or its id is not whole`,
  )
}
