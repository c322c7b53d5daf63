// What whoever has a handle on an actor needs to know to call it: it travels inside values, beside the name of the
// actor's object. Versioned, as handles are kept in snapshots and results that may be read by other versions.

import type { ObjectId, CodeId, LifeId } from './model/ids.ts'

/** Under this symbol a handle says which actor it stands for. Shared by all copies of this package. */
export const actorBrand: unique symbol = Symbol.for('murmuration.actor.1') as never

export interface ActorNote {
  readonly code: CodeId
  /** For people: `tiles.Counter`. */
  readonly label: string
  /** By which it is found. */
  readonly name: string | null
  /** Attempts of a call after the first; -1: without limit. */
  readonly callRetries: number
  readonly onceOnly: boolean
  readonly maxPendingCalls: number
  /** Its generator methods. */
  readonly generators: readonly string[]
}

/** What stands for an actor in a value. */
export interface ActorLink {
  readonly object: ObjectId
  readonly owner: LifeId
  readonly note: ActorNote
}

/** `tiles.Counter 'hits'` */
export function labelOf({ label, name }: Pick<ActorNote, 'label' | 'name'>): string {
  return name === null ? label : `${label} '${name}'`
}

const version = 1

export function packNote(note: ActorNote): unknown[] {
  const { code, label, name, callRetries, onceOnly, maxPendingCalls, generators } = note
  return [version, code, label, name, callRetries, onceOnly, maxPendingCalls, generators]
}

/** Throws TypeError when that is no note. */
export function unpackNote(packed: readonly unknown[]): ActorNote {
  const [written, code, label, name, callRetries, onceOnly, maxPendingCalls, generators] = packed
  if (written !== version)
    throw new TypeError(`an actor's handle of version ${String(written)}; this one reads ${version}`)
  const isNote =
    typeof code === 'string' &&
    typeof label === 'string' &&
    (name === null || typeof name === 'string') &&
    isWhole(callRetries, -1) &&
    typeof onceOnly === 'boolean' &&
    isWhole(maxPendingCalls, 0) &&
    isListOfNames(generators)
  if (!isNote) throw new TypeError('no handle of an actor')
  return { code: code as CodeId, label, name, callRetries, onceOnly, maxPendingCalls, generators }
}

function isListOfNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least
}
