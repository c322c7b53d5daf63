// One row of the executor: an attempt that somebody gave this peer to run, and who asked for it.

import { isApart } from '../model/actor.ts'
import type { Order } from '../model/events.ts'
import type { AttemptId, Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { attemptId, never } from '../model/ids.ts'
import { LazySet } from '../model/lazy-set.ts'
import type { Assignment, Input } from '../model/messages.ts'
import type { Item, StreamOrder } from '../model/stream.ts'
import { isFinal, isValue } from '../model/outcomes.ts'
import type { Epoch, Outcome, TaskSpec } from '../model/task.ts'

export type RunState = 'fetching' | 'ready' | 'running' | 'blocked' | 'done'

/** Somebody who asked for a run, and the number of the attempt in their books. */
export interface Asker {
  readonly owner: LifeId
  readonly attempt: number
}

/** What came with refs inside, and of which whoever sent it is told when they are held here. `index`: of an item. */
export interface Delivery {
  readonly to: LifeId
  readonly task: TaskId
  readonly attempt: number
  readonly index?: number | undefined
  readonly waits: Set<ObjectId>
  /** How often it came in this conversation: as often is `delivered` said. */
  times: number
}

/** What somebody waits for whom it was lost. */
export interface Remake {
  readonly to: LifeId
  readonly objects: readonly ObjectId[]
}

/** What a generator yielded and its owner was not told yet. */
export interface Unsent {
  readonly index: number
  readonly item: Item
}

export interface RunRow {
  readonly id: AttemptId
  /** The number under which the owner knows it: another than the id's once somebody else asked for it. */
  attempt: number
  readonly spec: TaskSpec
  owner: LifeId
  /** Who else asked for this very task; null: nobody. */
  others: readonly Asker[] | null
  epoch: Epoch
  inputs: readonly Input[]
  /** What it is run again for. */
  remakes: readonly Remake[] | null
  /** Of a generator: what it is to produce, and how far its reader is. */
  stream: StreamOrder | null
  readonly unsent: Unsent[]
  state: RunState
  /** It runs elsewhere too, so it may neither submit nor put. */
  extra: boolean
  /** Why it is dropped and goes back, free of charge: it did, or its peer paused. */
  barred: string | null
  readonly missing: LazySet<ObjectId>
  worker: number
  /** The owner does not want it any more. */
  aborting: string | null
  /** And only this attempt of it: the task goes on elsewhere. */
  isMoved: boolean
  killAt: Instant
  /** It stands in line for room for its inputs, until then. */
  feedBy: Instant
  outcome: Outcome | null
  ms: number
  /** Of that, how long it waited for others and left its slot to them; while it does, less the time at which it began to. */
  waitedMs: number
  /** Borrows that their owners must acknowledge before the outcome leaves. */
  readonly unsaid: LazySet<ObjectId>
  /** A reply that leaves when most of its actor's group has it, or when the lease stands. */
  isHeldBack: boolean
  /** The owner's life is over: kept until then, for whoever answers next. */
  orphanedAt: Instant
  /** That time is up, or it was given back: whatever comes of it goes nowhere. */
  abandoned: boolean
}

/** What whoever gave it has said of it. */
export type Given = Pick<RunRow, 'attempt' | 'spec' | 'owner' | 'epoch' | 'inputs' | 'extra' | 'stream'>

/** Written out, not spread: this is made for every attempt, and a spread costs ten times as much. */
export function runOf(id: AttemptId, { attempt, spec, owner, epoch, inputs, extra, stream }: Given): RunRow {
  return {
    id,
    attempt,
    spec,
    owner,
    others: null,
    epoch,
    inputs,
    remakes: null,
    stream,
    unsent: [],
    state: 'fetching',
    extra,
    barred: null,
    missing: new LazySet(),
    worker: -1,
    aborting: null,
    isMoved: false,
    killAt: never,
    feedBy: never,
    outcome: null,
    ms: 0,
    waitedMs: 0,
    unsaid: new LazySet(),
    isHeldBack: false,
    orphanedAt: never,
    abandoned: false,
  }
}

export function askersOf({ owner, others }: RunRow): LifeId[] {
  return [owner, ...(others ?? []).map((asker) => asker.owner)]
}

/** The number of the attempt in that life's books; null when it did not ask for it. */
export function attemptFor(row: RunRow, life: LifeId): number | null {
  if (row.owner === life) return row.attempt
  return row.others?.find((asker) => asker.owner === life)?.attempt ?? null
}

/** Somebody waits for these to be put again. What has begun may have put them, and let go of them, before. */
export function mayRemake({ state }: RunRow, objects: readonly ObjectId[] | undefined): boolean {
  return objects === undefined || state === 'fetching' || state === 'ready'
}

/**
 * It ended so that it is of interest only to whoever asked for it; or it is a call of an earlier run of its context,
 * refused. What failed, and is asked for anew, is run anew.
 */
export function isNoAnswer({ outcome }: RunRow, { spec, attempt }: Pick<Assignment, 'spec' | 'attempt'>): boolean {
  if (outcome?.type === 'rejected') return spec.call !== undefined
  return outcome !== null && !isValue(outcome) && (attempt === 1 || !isFinal(outcome, spec))
}

export function awaitRemade(row: RunRow, remake: Remake): void {
  row.remakes = [...(row.remakes ?? []), remake]
}

/** As a worker is given it. */
export function orderOf({ id, attempt, spec, inputs, stream }: RunRow): Order {
  const given = inputs.map(({ object, source, located }) => ({
    object,
    source,
    inline: located.type === 'inline' ? located.bytes : null,
    refs: located.type === 'inline' || located.type === 'stored' ? located.refs : [],
  }))
  return { id, attempt, spec, inputs: given, stream }
}

/** Two owners may number their attempts at one task alike: here each has a name of its own. */
export function freshId(taken: ReadonlyMap<AttemptId, RunRow>, task: TaskId, attempt: number): AttemptId {
  const plain = attemptId(task, attempt)
  if (!taken.has(plain)) return plain
  for (let copy = 2; ; copy++) {
    const id = `${plain}.${copy}` as AttemptId
    if (!taken.has(id)) return id
  }
}

/** Those that are in a worker, and take a slot or wait. */
export function begun(rows: readonly RunRow[]): RunRow[] {
  return rows.filter(({ state, spec }) => (state === 'running' || state === 'blocked') && !isApart(spec))
}
