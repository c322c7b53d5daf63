// What this peer answers for as an owner: one row per task that is asked for or may have to be done
// again. A row is pending (waiting → ready → assigned, with retrying between attempts) or settled;
// a settled one stays as lineage for as long as its result could be lost. Budgets are kept here and
// kept apart: retries pay for crashes and lost peers, rebuilds for lost results, moves for neither. A
// rebuild has the time, the retries and the moves of a new task; only deaths add up.

import { broken } from '../model/assert.ts'
import type { Config } from '../model/config.ts'
import type { Instant, LifeId, ObjectId, PeerId, TaskId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import { LazySet } from '../model/lazy-set.ts'
import { clip, limits } from '../model/limits.ts'
import { Multimap } from '../model/multimap.ts'
import type { Epoch, TaskSpec } from '../model/task.ts'
import { budget } from '../model/task.ts'

export type TaskState = 'waiting' | 'ready' | 'assigned' | 'retrying' | 'settled'

export interface TaskRow {
  /** Only of an actor it changes: what it runs. */
  spec: TaskSpec
  epoch: Epoch
  state: TaskState
  /** The current or last attempt; 0 before the first. */
  attempt: number
  /** Who has the current attempt. */
  at: LifeId | null
  /** The highest number given to an attempt. */
  numbered: number
  /** Another attempt at it, beside the current one: what comes first counts. */
  second: { readonly attempt: number; readonly at: LifeId; readonly since: Instant } | null
  /** The current attempt had a second one beside it, or is it. */
  hedged: boolean
  /** Inputs not settled yet. */
  readonly waitsFor: LazySet<ObjectId>
  retriesLeft: number
  rebuildsLeft: number
  movesLeft: number
  /** Peers that died abruptly while this ran there. */
  deaths: number
  /** Its arguments' origins are held for a rebuild. */
  lineage: boolean
  readonly submittedAt: Instant
  assignedAt: Instant
  retryAt: Instant
  /** End of the whole task, and of the current attempt. */
  timeoutAt: Instant
  attemptTimeoutAt: Instant
  placeBy: Instant
  /** Set when a cancel or timeout is under way: what the task settles as once it has stopped. */
  ending: { readonly code: 'TASK_CANCELLED' | 'TASK_TIMEOUT'; readonly reason: string } | null
  /** Set when the current attempt was told to stop, the task being wanted still. */
  overdue: boolean
  /** Peers to avoid next time, the latest last, unless nobody else is there. */
  readonly avoid: LazySet<PeerId>
  executions: number
  /** Peers that had earlier attempts and may have asked for children there. */
  formerly: readonly LifeId[]
  /** It runs there already, for an owner that is gone. */
  rejoin: LifeId | null
  /** Of an actor: as which incarnation it lives at `at`; null while it does not. */
  hosted: Epoch | null
  /** Of an actor with a name: it has it. */
  isNamed: boolean
  /** How often another of its name was asked to go on with its code. */
  wishes: number
  readonly story: string[]
}

export class Tasks {
  readonly #rows = new Map<TaskId, TaskRow>()
  readonly #waiters = new Multimap<ObjectId, TaskId>()
  readonly #byLife = new Multimap<LifeId, TaskId>()
  /** Those with a current attempt that may get a second one beside it. */
  readonly hedgeable = new Set<TaskRow>()
  /** Those that are actors. */
  readonly actors = new Set<TaskRow>()
  readonly #children = new Multimap<string, TaskId>()
  readonly #storyLines: number
  readonly #moves: number
  readonly #moved: (task: TaskId) => void
  pending = 0

  /** Told of every row that went from one state to another. */
  constructor(config: Config, moved: (task: TaskId) => void = ignore) {
    this.#moved = moved
    this.#storyLines = config.storyLines
    this.#moves = config.maxFreeMoves
  }

  get size(): number {
    return this.#rows.size
  }

  get(id: TaskId): TaskRow | undefined {
    return this.#rows.get(id)
  }

  all(): IterableIterator<TaskRow> {
    return this.#rows.values()
  }

  add(spec: TaskSpec, epoch: Epoch, now: Instant): TaskRow {
    if (this.#rows.has(spec.id)) broken(`task ${spec.id} is asked for once`)
    const { policy } = spec
    const row: TaskRow = {
      spec,
      epoch,
      state: 'waiting',
      attempt: 0,
      at: null,
      numbered: 0,
      second: null,
      hedged: false,
      waitsFor: new LazySet(),
      retriesLeft: budget(policy.retries),
      rebuildsLeft: budget(policy.rebuilds),
      movesLeft: this.#moves,
      deaths: 0,
      lineage: false,
      submittedAt: now,
      assignedAt: now,
      retryAt: never,
      timeoutAt: endOf(policy.timeoutMs, now),
      attemptTimeoutAt: never,
      placeBy: never,
      ending: null,
      overdue: false,
      avoid: new LazySet(),
      executions: 0,
      formerly: none,
      rejoin: null,
      hosted: null,
      isNamed: false,
      wishes: 0,
      story: [],
    }
    this.#rows.set(spec.id, row)
    if (spec.depth > 0) this.#children.add(spec.context, spec.id)
    if (spec.actor) this.actors.add(row)
    this.pending++
    return row
  }

  /** Waits for these inputs from now on. */
  awaitInputs(row: TaskRow, objects: Iterable<ObjectId>): void {
    for (const object of objects) {
      row.waitsFor.add(object)
      this.#waiters.add(object, row.spec.id)
    }
    this.#move(row, row.waitsFor.size > 0 ? 'waiting' : 'ready', null)
  }

  /** An input has settled: the rows that were waiting for it, those now complete marked ready. */
  inputSettled(object: ObjectId): TaskRow[] {
    const rows: TaskRow[] = []
    for (const id of this.#waiters.take(object)) {
      const row = this.#rows.get(id)
      if (!row?.waitsFor.delete(object)) continue
      rows.push(row)
    }
    return rows
  }

  assigned(row: TaskRow, to: LifeId, now: Instant): void {
    row.attempt = ++row.numbered
    row.hedged = false
    row.assignedAt = now
    row.executions++
    row.placeBy = never
    row.overdue = false
    row.attemptTimeoutAt = endOf(row.spec.policy.attemptTimeoutMs, now)
    this.#move(row, 'assigned', to)
  }

  /** One more attempt, beside the current one. */
  hedge(row: TaskRow, to: LifeId, now: Instant): void {
    row.second = { attempt: ++row.numbered, at: to, since: now }
    row.hedged = true
    this.hedgeable.delete(row)
    this.#byLife.add(to, row.spec.id)
  }

  /** One of two attempts is over; the other one goes on, as the current one. */
  dropOne(row: TaskRow, attempt: number): void {
    const { second } = row
    if (!second) return
    row.second = null
    this.#byLife.delete(attempt === row.attempt ? (row.at as LifeId) : second.at, row.spec.id)
    if (attempt !== row.attempt) return
    row.attempt = second.attempt
    row.at = second.at
    row.assignedAt = second.since
    row.overdue = false
    row.attemptTimeoutAt = endOf(row.spec.policy.attemptTimeoutMs, second.since)
    this.#moved(row.spec.id)
  }

  /** It is an actor, and goes on with other code. */
  edited(row: TaskRow, spec: TaskSpec): void {
    if (!(spec.id === row.spec.id && spec.actor !== undefined))
      broken(`only what an actor runs is changed: ${row.spec.id}`)
    row.spec = spec
    this.#moved(spec.id)
  }

  /** An earlier attempt is there after all, and the current one never was. */
  goesOnAs(row: TaskRow, attempt: number): void {
    if (!(row.state === 'assigned' && attempt < row.attempt)) broken(`${row.spec.id} was attempted before`)
    row.attempt = attempt
    row.overdue = false
    this.#moved(row.spec.id)
  }

  retrying(row: TaskRow, at: Instant): void {
    row.retryAt = at
    row.attemptTimeoutAt = never
    row.placeBy = never
    this.#move(row, 'retrying', null)
  }

  settled(row: TaskRow): void {
    if (row.state === 'settled') broken(`task ${row.spec.id} settles once`)
    for (const object of row.waitsFor) this.#waiters.delete(object, row.spec.id)
    row.waitsFor.clear()
    row.retryAt = never
    row.timeoutAt = never
    row.attemptTimeoutAt = never
    row.placeBy = never
    row.ending = null
    this.#move(row, 'settled', null)
    this.pending--
  }

  /** The result was lost: the row is pending once more. */
  reopen(row: TaskRow, now: Instant): void {
    if (row.state !== 'settled') broken(`only settled work is done again: ${row.spec.id}`)
    const { retries, timeoutMs } = row.spec.policy
    row.retriesLeft = budget(retries)
    row.movesLeft = this.#moves
    row.timeoutAt = endOf(timeoutMs, now)
    row.state = 'waiting'
    this.pending++
  }

  remove(id: TaskId): void {
    const row = this.#rows.get(id)
    if (!row) return
    if (row.state !== 'settled') broken(`pending task ${id} is not forgotten`)
    this.#children.delete(row.spec.context, id)
    this.actors.delete(row)
    this.#rows.delete(id)
  }

  #move(row: TaskRow, state: TaskState, at: LifeId | null): void {
    if (row.at && row.at !== at) this.#byLife.delete(row.at, row.spec.id)
    if (at && row.at !== at) this.#byLife.add(at, row.spec.id)
    if (row.at !== at) row.hosted = null
    row.at = at
    row.state = state
    this.#moved(row.spec.id)
    if (!row.spec.policy.hedge) return
    if (state === 'assigned') this.hedgeable.add(row)
    else this.hedgeable.delete(row)
  }

  /** What that life has of ours, in the order it was given. */
  assignedTo(life: LifeId): TaskRow[] {
    return this.#named(this.#byLife.of(life))
  }

  childrenOf(context: string): TaskRow[] {
    return this.#named(this.#children.of(context))
  }

  #named(ids: readonly TaskId[]): TaskRow[] {
    return ids.map((id) => this.#rows.get(id)).filter((row) => row !== undefined)
  }

  /** The number of the attempt that is there; null: none is. */
  attemptAt({ at, attempt, second }: TaskRow, life: LifeId): number | null {
    if (at === life) return attempt
    return second?.at === life ? second.attempt : null
  }

  /** An attempt at it is out there: bytes which that peer has may be its result. */
  isAt(task: TaskId | null, life: LifeId): boolean {
    const row = task === null ? undefined : this.get(task)
    return row !== undefined && this.attemptAt(row, life) !== null
  }

  tell(row: TaskRow, line: string): void {
    row.story.push(clip(line, limits.lineLength))
    if (row.story.length > this.#storyLines) row.story.splice(1, 1)
  }

  /** The next time at which this row wants to be looked at, whatever for. */
  static dueAt(row: TaskRow): Instant {
    return Math.min(row.retryAt, row.timeoutAt, row.attemptTimeoutAt, row.placeBy) as Instant
  }

  /** It waits for an argument, a slot or its next try: nobody has it. */
  static isToBeMade({ state }: TaskRow): boolean {
    return state === 'waiting' || state === 'ready' || state === 'retrying'
  }

  check(): void {
    let pending = 0
    for (const row of this.#rows.values()) {
      if (row.state !== 'settled') pending++
      if ((row.state === 'assigned') !== (row.at !== null)) broken(`${row.spec.id} is ${row.state} at ${row.at}`)
      if (!(row.second === null || row.state === 'assigned')) broken(`${row.spec.id} has a second beside a first`)
      if (!(row.second === null || row.second.at !== row.at)) broken(`${row.spec.id} runs at two peers`)
      if (!(row.state !== 'waiting' || row.waitsFor.size > 0)) broken(`${row.spec.id} waits for something`)
      if (!(row.state !== 'retrying' || row.retryAt !== never)) broken(`${row.spec.id} has a time to retry`)
    }
    if (pending !== this.pending) broken(`${pending} pending, counted as ${this.pending}`)
  }
}

function endOf(ms: number, from: Instant): Instant {
  return ms === Number.POSITIVE_INFINITY ? never : after(from, ms)
}

const none: readonly LifeId[] = []

function ignore(): void {}
