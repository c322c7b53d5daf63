// What an owner tells its guardians: one row per object that would be missed if the owner died now,
// with all that somebody else needs to answer for it. Values stay opaque bytes, as everywhere.

import type { ContextId, LifeId, ObjectId, TaskId } from './ids.ts'
import type { Located } from './object.ts'
import { itemIn, resultOf } from './ids.ts'
import { linksIn } from './object.ts'
import type { RefLink, TaskSpec } from './task.ts'

export interface LedgerRow {
  readonly object: ObjectId
  /** The task that makes it; null for a `put`. */
  readonly task: TaskId | null
  /** Who asked for it; null when nobody would ask again: its task has ended. */
  readonly context: ContextId | null
  /** Of a `put` the task inside which it was put; null for what is never made again. */
  readonly spec: TaskSpec | null
  readonly copies: number
  /** The last attempt, and who has it; of a `put` who ran its task. */
  readonly attempt: number
  readonly at: LifeId | null
  /** It was let go of and may be made again. */
  readonly faded: boolean
  /** Null while it is being made, or may be made again. */
  readonly located: Located | null
}

/** What whoever answers for it has to answer for as well: what its value names, what its task takes, the stream that it is an item of. */
export function neededBy(row: LedgerRow): ObjectId[] {
  const stream = itemIn(row.object)
  const needed = linksInRow(row).map((link) => link.object)
  return stream ? [...needed, resultOf(stream.task)] : needed
}

/** What its value has inside, and what whoever makes it again is given. */
export function linksInRow({ spec, located }: LedgerRow): RefLink[] {
  return [...(located === null ? [] : linksIn(located)), ...(spec?.refs ?? [])]
}

/** A named job, as its owner's guardians know it. */
export interface JobHead {
  readonly context: ContextId
  readonly name: string
  readonly detached: boolean
  /** How often a program has opened it: of two who tell of it, whoever knows of a later time knows better. */
  readonly opened: number
  /** The program that submits; null: it is gone. */
  readonly submitter: LifeId | null
  /** Tasks and puts of it that were given a name. */
  readonly names: readonly (readonly [string, ObjectId])[]
}

/**
 * What two ledgers tell of one object, perhaps from different times: a settled row rather than another, else the
 * later attempt; of stored bytes everybody who was said to have them, as the older of the two may know only the dead.
 */
export function united(one: LedgerRow, other: LedgerRow): LedgerRow {
  const [a, b] = [one.located, other.located]
  if (a?.type === 'stored' && b?.type === 'stored' && a.hash === b.hash)
    return { ...one, ...madeBy(one, other), located: { ...a, holders: [...new Set([...a.holders, ...b.holders])] } }
  if ((a === null) !== (b === null)) return a === null ? other : one
  return other.attempt > one.attempt ? other : one
}

/** Of a `put`: whoever answers for it may have lost sight of how it was made, and another has not. */
function madeBy(one: LedgerRow, other: LedgerRow): Pick<LedgerRow, 'spec' | 'at'> {
  const { spec, at } = one.task === null && one.spec === null ? other : one
  return { spec, at }
}
