// The ledgers of other peers that this one keeps: what they would be missed for. A row is found by
// its object, whoever told it; the same object may be in several ledgers, and then any will do. What
// becomes of a row when its owner is gone is not known here.

import { broken } from '../model/assert.ts'
import type { CodeId, ContextId, LifeId, ObjectId } from '../model/ids.ts'
import type { JobHead, LedgerRow } from '../model/ledger.ts'
import { neededBy, united } from '../model/ledger.ts'
import { Multimap } from '../model/multimap.ts'
import { weighRow } from '../model/weight.ts'

interface Kept {
  readonly rows: Map<ObjectId, LedgerRow>
  jobs: readonly JobHead[]
  bytes: number
  /** All that there was when it began has come: only then it is said that this peer guards it. */
  isWhole: boolean
  /** What was told and is not acknowledged yet, in order: who may have to go on with it lacks these bundles. */
  readonly unready: Unready[]
}

interface Unready {
  readonly nth: number
  readonly codes: readonly CodeId[]
}

export class Guarded {
  readonly #ledgers = new Map<LifeId, Kept>()
  readonly #owners = new Multimap<ObjectId, LifeId>()
  readonly #byContext = new Multimap<ContextId, ObjectId>()
  /** Who runs that context again and was told what was kept of it. */
  readonly #claimants = new Multimap<ContextId, LifeId>()
  /** Of whose ledgers something is answered for here, though their grace is over: refs that name them are still on their way. */
  readonly #succeeded = new Map<LifeId, Set<ObjectId>>()
  /** Others than before are guarded: not said yet. */
  hasNews = false
  readonly #need: (code: CodeId, isNeeded: boolean) => void

  /** Told which bundles are needed by what is kept: as often as they come and go. */
  constructor(need: (code: CodeId, isNeeded: boolean) => void) {
    this.#need = need
  }

  get size(): number {
    return this.#owners.size
  }

  owners(): LifeId[] {
    return [...this.#ledgers.keys()]
  }

  /** In whose place this peer would answer, or does. */
  answersFor(): LifeId[] {
    const whole = [...this.#ledgers].filter(([, { isWhole }]) => isWhole).map(([owner]) => owner)
    return [...new Set([...whole, ...this.#succeeded.keys()])]
  }

  has(owner: LifeId): boolean {
    return this.#ledgers.has(owner)
  }

  /** A ledger from its beginning: what was kept of that owner before counts no more. */
  begin(owner: LifeId): void {
    this.forget(owner)
    this.#succeeded.delete(owner)
    this.#ledgers.set(owner, { rows: new Map(), jobs: [], bytes: 0, isWhole: false, unready: [] })
  }

  complete(owner: LifeId): void {
    const kept = this.#ledgers.get(owner)
    if (!kept || kept.isWhole) return
    kept.isWhole = true
    this.hasNews = true
  }

  /** False when there is no room for it, or its beginning never came. */
  keep(owner: LifeId, row: LedgerRow, limitBytes: number): boolean {
    const kept = this.#ledgers.get(owner)
    if (!kept) return false
    const before = kept.rows.get(row.object)
    const bytes = weighRow(row)
    const isFull = kept.bytes + bytes - (before ? weighRow(before) : 0) > limitBytes
    // Mostly the same row comes again, settled: all that finds it stays.
    const replaced = !isFull && before?.context === row.context ? before : undefined
    if (replaced) this.#unload(kept, replaced)
    else this.#take(kept, owner, row.object)
    if (isFull) return false
    kept.rows.set(row.object, row)
    if (row.spec !== null) this.#need(row.spec.code, true)
    kept.bytes += bytes
    if (replaced) return true
    this.#owners.add(row.object, owner)
    if (row.context !== null) this.#byContext.add(row.context, row.object)
    return true
  }

  #unload(kept: Kept, row: LedgerRow): void {
    kept.bytes -= weighRow(row)
    if (row.spec !== null) this.#need(row.spec.code, false)
  }

  /** That message is acknowledged when these bundles are here, and what came before it is. False: at once. */
  waits(owner: LifeId, nth: number, codes: readonly CodeId[]): boolean {
    const unready = this.#ledgers.get(owner)?.unready
    if (!unready || (codes.length === 0 && unready.length === 0)) return false
    unready.push({ nth, codes })
    return true
  }

  /** Takes what can be acknowledged by now: the last message of each owner. */
  takeReady(isReady: (code: CodeId) => boolean): { owner: LifeId; nth: number }[] {
    const ready: { owner: LifeId; nth: number }[] = []
    for (const [owner, { unready }] of this.#ledgers) {
      const stuck = unready.findIndex(({ codes }) => !codes.every(isReady))
      const through = unready.splice(0, stuck < 0 ? unready.length : stuck)
      const nth = through.at(-1)?.nth ?? 0
      if (nth > 0) ready.push({ owner, nth })
    }
    return ready
  }

  drop(owner: LifeId, object: ObjectId): void {
    const kept = this.#ledgers.get(owner)
    const context = kept && this.#take(kept, owner, object)
    if (context && !this.#byContext.has(context)) this.#claimants.take(context)
  }

  /** Whose context it was, when it was there. */
  #take(kept: Kept, owner: LifeId, object: ObjectId): ContextId | null {
    const row = kept.rows.get(object)
    if (!row) return null
    kept.rows.delete(object)
    this.#unload(kept, row)
    this.#owners.delete(object, owner)
    if (row.context !== null && !this.find(object)) this.#byContext.delete(row.context, object)
    return row.context
  }

  claimed(context: ContextId, by: LifeId): void {
    if (this.#byContext.has(context)) this.#claimants.add(context, by)
  }

  claimantsOf(context: ContextId): LifeId[] {
    return this.#claimants.of(context)
  }

  setJobs(owner: LifeId, jobs: readonly JobHead[]): void {
    const kept = this.#ledgers.get(owner)
    if (kept) kept.jobs = jobs
  }

  /** That job is over: nothing of it is missed. */
  endJob(context: ContextId, isOver: (owner: LifeId) => boolean = () => true): void {
    const objects = this.#byContext.of(context)
    for (const [owner, kept] of this.#ledgers) {
      if (!isOver(owner)) continue
      for (const object of objects) this.drop(owner, object)
      kept.jobs = kept.jobs.filter((job) => job.context !== context)
    }
  }

  jobsOf(owner: LifeId): readonly JobHead[] {
    return this.#ledgers.get(owner)?.jobs ?? []
  }

  /** Actors that are asked for there, or were. */
  actorsOf(owner: LifeId): LedgerRow[] {
    const rows = this.#ledgers.get(owner)?.rows.values() ?? []
    return [...rows].filter(({ spec }) => spec?.actor !== undefined)
  }

  /** What all have told of that object. */
  find(object: ObjectId): LedgerRow | undefined {
    let found: LedgerRow | undefined
    for (const owner of this.#owners.of(object)) {
      const row = this.#ledgers.get(owner)?.rows.get(object)
      if (row) found = found ? united(found, row) : row
    }
    return found
  }

  /** Somebody has its bytes, whatever its owner knew. False when no ledger tells of it. */
  addHolder(object: ObjectId, hash: string, holder: LifeId): boolean {
    let isTold = false
    for (const owner of this.#owners.of(object)) {
      const rows = this.#ledgers.get(owner)?.rows
      const row = rows?.get(object)
      if (!rows || row?.located?.type !== 'stored' || row.located.hash !== hash) continue
      isTold = true
      const { located } = row
      if (!located.holders.includes(holder))
        this.keep(owner, { ...row, located: { ...located, holders: [...located.holders, holder] } }, Infinity)
    }
    return isTold
  }

  knows(object: ObjectId): boolean {
    return this.#owners.has(object)
  }

  /** Whose ledgers tell of it. */
  ownersOf(object: ObjectId): LifeId[] {
    return this.#owners.of(object)
  }

  /** What that context asked for, as far as anybody has told. */
  ofContext(context: ContextId): LedgerRow[] {
    return this.#byContext
      .of(context)
      .map((object) => this.find(object))
      .filter((row) => row !== undefined)
  }

  /** Rows of that ledger without which those of others could not be gone on with: they go over to these. */
  bequeath(owner: LifeId, heirs: Iterable<LifeId>): void {
    const estate = this.#ledgers.get(owner)?.rows
    if (!estate || estate.size === 0) return
    for (const heir of heirs) {
      const rows = this.#ledgers.get(heir)?.rows
      const left = heir === owner || !rows ? [] : [...rows.values()]
      for (let row = left.pop(); row !== undefined; row = left.pop()) {
        for (const object of neededBy(row)) {
          const needed = rows?.has(object) ? undefined : estate.get(object)
          if (needed && this.keep(heir, needed, Infinity)) left.push(needed)
        }
      }
    }
  }

  /** Its grace is over. Whoever looks for what is answered for here by now is to find it by that name. */
  succeed(owner: LifeId, isOurs: (object: ObjectId) => boolean): void {
    const ours = [...(this.#ledgers.get(owner)?.rows.keys() ?? [])].filter(isOurs)
    if (ours.length > 0) this.#succeeded.set(owner, new Set(ours))
    this.forget(owner)
  }

  /** It is not answered for here any more. */
  left(object: ObjectId): void {
    for (const [owner, objects] of this.#succeeded) {
      if (!objects.delete(object) || objects.size > 0) continue
      this.#succeeded.delete(owner)
      this.hasNews = true
    }
  }

  forget(owner: LifeId): void {
    const kept = this.#ledgers.get(owner)
    if (!kept) return
    for (const object of kept.rows.keys()) this.drop(owner, object)
    this.#ledgers.delete(owner)
    this.hasNews = true
  }

  check(): void {
    for (const [owner, { rows, bytes }] of this.#ledgers) {
      let sum = 0
      for (const row of rows.values()) {
        sum += weighRow(row)
        if (!this.#owners.of(row.object).includes(owner)) broken(`${row.object} is found in the ledger of ${owner}`)
      }
      if (sum !== bytes) broken(`the ledger of ${owner} is weighed`)
    }
  }
}
