// Attempts that others (or we) gave this peer to run: fetching inputs, ready, running in a worker,
// done and waiting for the owner to take the outcome. A waiting attempt gives back its slot but
// keeps its worker; at the limit of workers only deeper tasks start, each with one extra worker, so
// recursion never starves. Credits are what keeps the slots busy for `creditMs`, shared by owners.

import { isApart } from '../model/actor.ts'
import { assert, broken } from '../model/assert.ts'
import type { Config } from '../model/config.ts'
import type { AttemptId, ContextId, Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { never } from '../model/ids.ts'
import { Multimap } from '../model/multimap.ts'
import { isValue } from '../model/outcomes.ts'
import type { Epoch, Outcome, TaskSpec } from '../model/task.ts'
import { batchSize, slotsOf, unmeasuredMs } from './credits.ts'
import { Durations, ownMs } from './durations.ts'
import { type Grant, Owners, type Share } from './owners.ts'
import { ReadyRuns } from './ready-runs.ts'
import type { Asker, Given, RunRow } from './runs.ts'
import { askersOf, attemptFor, begun, freshId, runOf } from './runs.ts'
import { Workers } from './workers.ts'

export class Executor {
  readonly #config: Config
  readonly #rows = new Map<AttemptId, RunRow>()
  readonly #byTask = new Multimap<TaskId, AttemptId>()
  /** Which attempts still need the bytes of an input. */
  readonly #users = new Multimap<ObjectId, AttemptId>()
  readonly #ready = new ReadyRuns()
  readonly #workers: Workers
  readonly #owners: Owners
  readonly #durations = new Durations()
  /** Sum over waiting attempts of their depth: the deepest one rules who may start at the limit. */
  readonly #blockedDepths = new Map<AttemptId, number>()
  slots: number
  blocked = 0
  #extras = 0
  /** Actors that are to live here and can begin. */
  readonly arrived: RunRow[] = []
  /** Rows with a time at which something must happen to them. */
  readonly timed = new Set<RunRow>()
  /** In line for room for their inputs, in the order they came. */
  readonly unfed = new Set<RunRow>()

  constructor(config: Config, slots: number) {
    this.#config = config
    this.slots = slots
    this.#workers = new Workers(config.patienceMs)
    this.#owners = new Owners(config)
  }

  get size(): number {
    return this.#rows.size
  }

  get readyCount(): number {
    return this.#ready.size
  }

  get(id: AttemptId): RunRow | undefined {
    return this.#rows.get(id)
  }

  all(): IterableIterator<RunRow> {
    return this.#rows.values()
  }

  /** Any attempt at that task here, whoever asked for it. */
  ofTask(task: TaskId): RunRow[] {
    return this.#byTask.of(task).map((id) => this.#rows.get(id) as RunRow)
  }

  find(task: TaskId, attempt: number, owner: LifeId): RunRow | undefined {
    for (const row of this.ofTask(task)) if (attemptFor(row, owner) === attempt) return row
    return undefined
  }

  add(row: Given): RunRow {
    const id = freshId(this.#rows, row.spec.id, row.attempt)
    const full = runOf(id, row)
    this.#rows.set(id, full)
    if (row.extra) this.#extras++
    this.#byTask.add(row.spec.id, id)
    for (const { source } of row.inputs) this.#users.add(source, id)
    this.#count(full, row.owner, 1)
    return full
  }

  /** It takes one of what was granted to each who asked for it. */
  #count(row: RunRow, owner: LifeId, step: 1 | -1): void {
    if (isApart(row.spec)) return
    if (row.state === 'blocked') this.#owners.blocked(owner, step)
    this.#owners.counts(owner, step)
  }

  /** The attempt behind a context that may ask for nothing, if it is one. */
  extraOf(context: ContextId): RunRow | undefined {
    if (this.#extras === 0) return undefined
    const rows = begun(this.ofTask(context as string as TaskId))
    return rows.every(({ extra }) => extra) ? rows[0] : undefined
  }

  /** Somebody asks for it for whom it runs nowhere else. */
  wanted(row: RunRow): void {
    if (row.extra) this.#extras--
    row.extra = false
  }

  /** An attempt here has yet to read these bytes. */
  isUsed(object: ObjectId): boolean {
    return this.#users.has(object)
  }

  /** By one that is not merely in line for room: the first in line counts, the others keep nothing. */
  isKept(object: ObjectId): boolean {
    if (this.unfed.size === 0) return this.isUsed(object)
    const [head] = this.unfed
    return this.usersOf(object).some((row) => row === head || !this.unfed.has(row))
  }

  usersOf(object: ObjectId): RunRow[] {
    return this.#users.of(object).map((id) => this.#rows.get(id) as RunRow)
  }

  /** Actors and their calls wait for no slot: supervise starts them. */
  markReady(row: RunRow): void {
    row.state = 'ready'
    if (!isApart(row.spec)) this.#ready.add(row.id, row.owner)
    else if (row.spec.actor) this.arrived.push(row)
  }

  /** A batch that is to start now, or null when there is no slot, no worker or nothing ready. */
  startable(now: Instant): { worker: number; batch: RunRow[] } | null {
    if (this.#ready.size === 0 || this.slots === 0) return null
    const worker = this.#workers.free(this.slots, now, (first, left) => this.#nearlyThrough(first, left))
    if (worker === null) return null
    const isFull = this.#workers.inUse >= this.#config.maxWorkers
    const batch = this.#batch(isFull && !worker.inUse && !this.#workers.mayExceed(this.#config.maxWorkers, now))
    const width = batch[0] ? slotsOf(batch[0].spec, this.slots) : 0
    // Whoever needs more slots than are free waits for them, and nobody overtakes: that way it gets them.
    if (width < worker.least || width > worker.most) return null
    for (const row of batch) {
      this.#ready.charge(row.owner, this.#durations.meanMs(row.spec) ?? unmeasuredMs)
      row.state = 'running'
      row.worker = worker.number
      this.#ready.delete(row.id)
      this.#workers.add(worker.number, row.id, { width, now })
    }
    return { worker: worker.number, batch }
  }

  /** Half a batch of tiny tasks left: hand over more, so that the worker never waits for us. */
  #nearlyThrough(first: AttemptId, left: number): boolean {
    const spec = this.#rows.get(first)?.spec
    if (!spec) return false
    const size = this.batchSize(spec)
    return size > 1 && left * 2 <= size
  }

  #batch(deeperOnly: boolean): RunRow[] {
    const batch: RunRow[] = []
    let size = 1
    let width = 1
    const deepest = deeperOnly ? this.#deepestBlocked() : -1
    for (const id of this.#ready.inTurn()) {
      const row = this.#rows.get(id) as RunRow
      if (deeperOnly && row.spec.depth <= deepest) continue
      if (batch.length === 0) {
        width = slotsOf(row.spec, this.slots)
        size = Math.min(this.batchSize(row.spec), Math.ceil((this.#ready.size * width) / this.slots))
      } else if (
        row.owner !== batch[0]?.owner ||
        this.batchSize(row.spec) < size ||
        slotsOf(row.spec, this.slots) !== width
      )
        break
      batch.push(row)
      if (batch.length >= size) break
    }
    return batch
  }

  /** Attempts of this function that fill `batchMs`. Unmeasured functions go one at a time. */
  batchSize(spec: TaskSpec): number {
    return batchSize(this.#durations.meanMs(spec), this.#config)
  }

  setBlocked(row: RunRow, blocked: boolean, now: Instant): void {
    if (isApart(row.spec)) return
    if ((row.state === 'blocked') === blocked || (row.state !== 'running' && row.state !== 'blocked')) return
    row.state = blocked ? 'blocked' : 'running'
    const step = blocked ? 1 : -1
    this.blocked += step
    this.#workers.block(row.worker, step)
    for (const owner of askersOf(row)) this.#owners.blocked(owner, step)
    row.waitedMs -= step * now
    if (blocked) this.#blockedDepths.set(row.id, row.spec.depth)
    else this.#blockedDepths.delete(row.id)
  }

  /** Back to the queue: it had not been started. */
  unstart(row: RunRow): void {
    if (row.state !== 'running') return
    this.#workers.remove(row.worker, row.id)
    row.worker = -1
    this.markReady(row)
  }

  // oxlint-disable-next-line max-params -- what came of it, and when
  finished(row: RunRow, outcome: Outcome, ms: number, now: Instant): void {
    if (row.state === 'blocked') this.setBlocked(row, false, now)
    if (row.state === 'running') this.#workers.finished(row.worker, row.id, now)
    if (row.state === 'ready') this.#ready.delete(row.id)
    for (const { source } of row.inputs) this.#users.delete(source, row.id)
    row.state = 'done'
    row.outcome = outcome
    row.ms = ms
    row.killAt = never
    if (isValue(outcome) || outcome.type === 'error') this.#measure(row)
  }

  #leaveWorker(row: RunRow): void {
    // It goes: how long it has waited nobody asks any more.
    if (row.state === 'blocked') this.setBlocked(row, false, never)
    if (row.state === 'running') this.#workers.remove(row.worker, row.id)
  }

  /** Credits are for slots, and a slot is free while the attempt waits; a worker is not. */
  #measure(row: RunRow): void {
    this.#durations.measured(row.spec, { ms: row.ms, life: null })
    if (!isApart(row.spec)) this.#owners.measured(row.owner, ownMs(row))
  }

  /** How long it has been running, or ran. */
  ranMs(row: RunRow, now: Instant): number {
    return row.state === 'done' ? row.ms : this.#workers.ranMs(row.worker, row.id, now)
  }

  /** Workers in which others wait behind an attempt that takes long. Each is named once per attempt. */
  heldUp(now: Instant): number[] {
    return this.#workers.heldUp(now)
  }

  /** Workers in which others wait behind an attempt. */
  crowded(): number[] {
    return this.#workers.crowded()
  }

  /** Attempts for which there may be room elsewhere: every slot here has been at one attempt for long. */
  stranded(now: Instant): RunRow[] {
    const [first] = this.#ready.all()
    if (first === undefined) return []
    const { spec } = this.#rows.get(first) as RunRow
    const missing = this.slots - slotsOf(spec, this.slots) + 1
    if (!this.#workers.areAllHeldUp(missing, now)) return []
    return [...this.#ready.all()].map((id) => this.#rows.get(id) as RunRow)
  }

  /** When there may be something to take back. */
  heldUpAt(now: Instant): Instant {
    const held = this.#workers.deadline(now, this.#ready.size > 0)
    return this.#ready.size === 0 ? held : (Math.min(held, this.#workers.exceedAt(this.#config.maxWorkers)) as Instant)
  }

  workerGone(worker: number): void {
    this.#workers.gone(worker)
  }

  /** One more asks for this task: it counts to them as well, and `owner` is the latest to ask. A run of its context that is over may ask last: the latest run stands. */
  join(row: RunRow, asker: Asker, epoch: Epoch): void {
    const others = [...(row.others ?? []), { owner: row.owner, attempt: row.attempt }]
    if (attemptFor(row, asker.owner) === null) this.#count(row, asker.owner, 1)
    row.others = others.filter(({ owner }) => owner !== asker.owner)
    if (row.others.length === 0) row.others = null
    if (epoch.number > row.epoch.number) row.epoch = epoch
    this.#countTo(row, asker)
  }

  /** Of those who asked, this one is there: it counts as theirs. */
  prefer(row: RunRow, owner: LifeId): void {
    const attempt = attemptFor(row, owner)
    if (attempt !== null && row.owner !== owner) this.join(row, { owner, attempt }, row.epoch)
    this.#adopt(row)
  }

  /** That one does not ask for it any more. There is at least one other who does. */
  dropAsker(row: RunRow, owner: LifeId): void {
    if (attemptFor(row, owner) !== null) this.#count(row, owner, -1)
    const next = row.owner === owner ? row.others?.[0] : undefined
    const others = row.others?.filter((asker) => asker.owner !== (next?.owner ?? owner)) ?? []
    row.others = others.length === 0 ? null : others
    if (next) this.#countTo(row, next)
  }

  #countTo(row: RunRow, { owner, attempt }: Asker): void {
    row.owner = owner
    this.#ready.pass(row.id, owner)
    row.attempt = attempt
    this.#adopt(row)
  }

  /** Its owner's life is over: somebody has until then to ask for it. */
  orphan(row: RunRow, until: Instant): void {
    row.orphanedAt = until
    this.timed.add(row)
  }

  #adopt(row: RunRow): void {
    row.orphanedAt = never
    if (row.killAt === never) this.timed.delete(row)
  }

  remove(row: RunRow): void {
    this.#leaveWorker(row)
    for (const rows of [this.timed, this.unfed]) rows.delete(row)
    this.#ready.delete(row.id)
    this.#rows.delete(row.id)
    if (row.extra) this.#extras--
    this.#byTask.delete(row.spec.id, row.id)
    for (const { source } of row.inputs) this.#users.delete(source, row.id)
    for (const owner of askersOf(row)) this.#count(row, owner, -1)
  }

  /** What of it is here, as counted. */
  shareOf(life: LifeId): Readonly<Share> {
    return this.#owners.shareOf(life)
  }

  ofOwner(life: LifeId): RunRow[] {
    return [...this.#rows.values()].filter((row) => row.owner === life)
  }

  askedBy(life: LifeId): RunRow[] {
    return [...this.#rows.values()].filter((row) => attemptFor(row, life) !== null)
  }

  /** That life is over, or back after all. */
  ownerOver(life: LifeId, over: boolean): void {
    this.#owners.over(life, over)
  }

  /** New totals for owners whose share has changed by more than an eighth. */
  grants(accepting: boolean, now: Instant): Grant[] {
    const stuck = this.#stuck()
    const isFull = this.#workers.areAllHeldUp(this.slots, now)
    const most = (owner: LifeId): number => (isFull ? begun(this.askedBy(owner)).length : this.#config.maxCredits)
    return this.#owners.grants(this.slots, {
      extra: (owner) => stuck.get(owner) ?? 0,
      most: accepting ? most : () => 0,
    })
  }

  /** Attempts that may not start at the limit of workers must not keep deeper ones, which may, from coming. */
  #stuck(): Map<LifeId, number> {
    const stuck = new Map<LifeId, number>()
    if (this.blocked === 0 || this.#ready.size === 0) return stuck
    if (this.#workers.inUse < this.#config.maxWorkers) return stuck
    const deepest = this.#deepestBlocked()
    for (const id of this.#ready.all()) {
      const row = this.#rows.get(id) as RunRow
      if (row.spec.depth > deepest) continue
      for (const owner of askersOf(row)) stuck.set(owner, (stuck.get(owner) ?? 0) + 1)
    }
    return stuck
  }

  #deepestBlocked(): number {
    return Math.max(-1, ...this.#blockedDepths.values())
  }

  /** A session began anew: what was granted before is void. */
  regrant(life: LifeId): void {
    this.#owners.regrant(life)
  }

  get running(): number {
    return this.#workers.busy
  }

  check(): void {
    let blocked = 0
    for (const row of this.#rows.values()) {
      if (row.state === 'blocked') blocked++
      const isQueued = row.state === 'ready' && !isApart(row.spec)
      if (isQueued !== this.#ready.has(row.id)) broken(`${row.id} is ${row.state} and queued so`)
      if ((row.state === 'done') !== (row.outcome !== null)) broken(`${row.id} is done with an outcome`)
      if (!(row.state !== 'fetching' || row.missing.size > 0)) broken(`${row.id} waits for an input`)
      if (!((row.killAt === never && row.orphanedAt === never) || this.timed.has(row)))
        broken(`${row.id} has its time looked at`)
      const inWorker = (row.state === 'running' || row.state === 'blocked') && !isApart(row.spec)
      if (inWorker !== this.#workers.has(row.worker, row.id))
        broken(`${row.id} is ${row.state} in worker ${row.worker}`)
    }
    assert(blocked === this.blocked, 'waiting attempts are counted')
  }
}
