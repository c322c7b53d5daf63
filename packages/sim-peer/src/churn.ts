// One plan, one run. First the safety phase, in which anything may break and what must always hold is
// checked; then the liveness phase: faults end, and the mesh must converge, settle everything right and
// clean up after itself.

import type { PeerId } from '@murmuration/core/internal'
import { aimed } from './aims.ts'
import { checkVisits } from './check-visits.ts'
import { checkAlways, checkEmpty, checkOnce, checkQueues, checkQuiet, falseDeaths } from './checks.ts'
import { describe } from './describe.ts'
import type { Fault } from './faults.ts'
import { defineActors } from './actor-classes.ts'
import { defineFunctions } from './functions.ts'
import { defineStreams } from './functions-streams.ts'
import { defineVotes } from './functions-votes.ts'
import { NamedJobs } from './named-jobs.ts'
import { calm, silent } from './network.ts'
import type { SimPeer } from './peer.ts'
import type { TaskRow } from './tables.ts'
import type { Plan, PlannedJob } from './plan.ts'
import { planOf } from './plan.ts'
import { plenty } from './settings.ts'
import { isStranded } from './stranded.ts'
import { Striker } from './striker.ts'
import { expectedOf, mainOf } from './workloads.ts'
import type { Program } from './world.ts'
import { SimWorld } from './world.ts'

export interface ChurnReport {
  readonly seed: number
  readonly peers: number
  readonly workloads: readonly string[]
  readonly faults: readonly string[]
  readonly tasks: number
  readonly executions: number
  readonly virtualMs: number
  readonly turns: number
  readonly traceHash: string
  /** Null when all is well. */
  readonly violation: string | null
}

export interface ChurnRun extends ChurnReport {
  readonly log: readonly string[]
  readonly world: SimWorld
  /** The plan with everything named that was found on the way: it gives the same run. */
  readonly pinned: Plan
}

export interface ChurnOptions {
  readonly verbose?: boolean
  /** Is shown every life when it begins, to break something in it. */
  readonly spoil?: (peer: SimPeer) => void
}

/** How long the mesh may take to converge once the faults are over. */
const patienceMs = 20 * 60_000
/** Then it is left in peace: with the programs' handles, and without them. */
const quietMs = 20_000
const emptyMs = 8_000
/** What a record named is let go of wherever it is. */
const recordlessMs = 1_000

/** A seed, or the plan itself. */
export function churn(what: number | Plan, options: ChurnOptions = {}): ChurnRun {
  const run = new Churn(typeof what === 'number' ? planOf(what) : what, options)
  let violation: string | null = null
  try {
    run.populate()
    run.safety()
    run.liveness()
  } catch (error) {
    violation = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  return { ...run.report(), violation, log: run.world.log, world: run.world, pinned: run.pinned() }
}

interface Job {
  readonly planned: PlannedJob
  readonly program: Program
}

class Churn {
  readonly world: SimWorld
  readonly #plan: Plan
  readonly #striker: Striker
  readonly #named: NamedJobs
  readonly #jobs: Job[] = []
  #begunAt = 0

  constructor(plan: Plan, { verbose = false, spoil }: ChurnOptions) {
    this.#plan = plan
    const { seed, config, spreadsCode } = plan
    this.world = new SimWorld({ seed, config, spreadsCode, ...(spoil ? { spoil } : {}) })
    this.#striker = new Striker(this.world)
    this.#named = new NamedJobs(this.world)
    this.world.verbose = verbose
    this.world.isStrict = true
    this.world.network.distances = { ms: plan.distanceMs, salt: seed }
    this.world.isCalm = plan.faults.length === 0 && plan.jobs.every(({ named }) => named === undefined)
    // Any number of peers may die with a task: unless its call says otherwise, the right answer is what is asked.
    this.world.retries = -1
    defineFunctions(this.world)
    defineActors(this.world)
    defineStreams(this.world)
    defineVotes(this.world)
  }

  populate(): void {
    const { world } = this
    const { seats, isScattered } = this.#plan
    for (const { name, ...seat } of seats) world.add(name, seat)
    world.isCramped = [...world.seats.values()].some((seat) => seat.memoryBytes < plenty)
    const together = (): boolean => world.alive().every((peer) => peer.joined)
    world.isScattered = isScattered
    if (!isScattered) world.run({ until: together, forMs: 10_000 })
    this.#begunAt = world.clock.now
  }

  /** Each at its time, as long as there is anything to do. */
  safety(): void {
    const { jobs, faults, safetyMs } = this.#plan
    const steps = [
      ...jobs.map((job) => ({ at: job.at, take: () => this.#begin(job) })),
      ...faults.map((fault) => ({ at: fault.at, take: () => this.#strike(fault) })),
    ].sort((a, b) => a.at - b.at)
    for (const { at, take } of steps) {
      this.#runTo(at)
      if (!this.#done()) take()
    }
    this.#runTo(safetyMs)
  }

  /** What lies in wait strikes in the middle of a turn: named, before that turn, which cannot tell. */
  #runTo(ms: number): void {
    this.world.runBefore(this.#begunAt + ms, () => this.#done())
  }

  #strike(fault: Fault): void {
    this.#striker.strike(fault)
    checkAlways(this.world)
  }

  #begin(planned: PlannedJob): void {
    const { world } = this
    const job = aimed(world, planned)
    const peer = job && world.seats.get(job.host as PeerId)?.current
    if (!peer?.alive || peer.state.leaving) return void this.#skipped++
    const main = mainOf(planned.work)
    const { named } = planned
    const program = named ? this.#named.begin(peer, named, main) : world.program(peer, main, { lingers: true })
    if (program) this.#jobs.push({ planned: { ...planned, host: peer.peer }, program })
    else this.#skipped++
  }

  /** Jobs that nobody was there to run. */
  #skipped = 0

  #running(): number {
    return this.#jobs.filter(({ program }) => program.end === null && !isLost(program)).length
  }

  #done(): boolean {
    return this.#jobs.length + this.#skipped === this.#plan.jobs.length && this.#running() === 0
  }

  liveness(): void {
    const { world } = this
    this.#makePeace()
    if (!world.run({ until: () => this.#running() === 0, forMs: patienceMs }))
      throw new Error(`not finished:\n${this.#stuck()}`)
    for (const job of this.#jobs) checkAnswer(job)
    // What lost its reader, and nobody takes back, runs to its end: on a slow machine that takes its time.
    world.run({ until: () => world.alive().every((peer) => isIdle(world, peer)), forMs: patienceMs })
    world.run({ forMs: quietMs / 4 })
    world.witness.seesPings = true
    world.run({ forMs: (quietMs * 3) / 4 })
    // Who slept for longest is the last to hear of the dead.
    world.run({ until: () => world.alive().every(({ state }) => state.graves.size === 0), forMs: quietMs })
    checkAlways(world)
    checkQuiet(world)
    checkVisits(world, (quietMs * 3) / 4)
    for (const { program } of this.#jobs) program.runner.drop()
    this.#named.end()
    world.run({ forMs: emptyMs })
    // Of actors of whose end nobody has told what they were is kept for its time, and then nothing of it.
    world.run({ until: () => world.alive().every(keepsNoRecord), forMs: world.config.recordMs })
    world.run({ forMs: recordlessMs })
    checkAlways(world)
    checkQuiet(world)
    checkEmpty(world)
    checkQueues(world)
    world.witness.checkCauses()
    if (world.isCalm) this.#checkCalm()
  }

  /** Cables in, everybody awake, nobody alone. Who sleeps sleeps on; who is to come back does. */
  #makePeace(): void {
    const { world } = this
    const striker = this.#striker
    striker.makePeace()
    world.network.heal()
    world.network.weather = calm
    world.network.echoes = silent
    world.corruption = 0
    for (const peer of world.peers()) {
      peer.recover()
      peer.full = false
      peer.store.disk.isFull = false
      if (!peer.asleep) peer.thaw()
    }
    const awake = (): boolean => striker.promised === 0 && world.alive().every((peer) => !peer.frozen)
    world.run({ until: awake, forMs: 2 * world.config.tombstoneMs })
    // Who was told to leave begins to.
    world.run({ forMs: 100 })
    for (const peer of strangers(world)) world.kill(peer.peer)
    const able = world.alive().filter(isAble)
    if (able.length < 2) world.add(this.#unused(), this.#plan.rescuer)
  }

  #unused(): string {
    for (let n = 0; ; n++) if (!this.world.seats.has(`p${n}` as PeerId)) return `p${n}`
  }

  #checkCalm(): void {
    const buried = falseDeaths(this.world)
    if (buried.length > 0) throw new Error(`without faults: ${buried.join(', ')}`)
    checkOnce(this.world)
  }

  #stuck(): string {
    const lines: string[] = []
    for (const { planned, program } of this.#jobs)
      if (!program.end) lines.push(`${describe(planned.work)} at ${program.peer.life}`)
    for (const { peer, state } of this.world.alive()) {
      for (const { spec, state: at, at: where, attempt, waitsFor } of state.tasks.all())
        if (at !== 'settled')
          lines.push(
            `${peer}: ${spec.fn} ${spec.id} ${at} at ${where} attempt ${attempt} for ${[...waitsFor].join(' ')}`,
          )
      for (const row of state.watches.all()) lines.push(`${peer} watches ${row.object} of ${row.owner}`)
    }
    return lines.slice(0, 20).join('\n')
  }

  report(): Omit<ChurnReport, 'violation'> {
    const { world } = this
    let executions = 0
    for (const count of world.witness.executions.values()) executions += count
    return {
      seed: this.#plan.seed,
      peers: world.seats.size,
      workloads: this.#jobs.map(({ planned, program }) => `${describe(planned.work)} at ${program.peer.peer}`),
      faults: this.#struck().map(({ at, ...stroke }) => `${at.toFixed(0)} ms: ${describe(stroke)}`),
      tasks: world.witness.executions.size,
      executions,
      virtualMs: world.clock.now,
      turns: world.turnCount,
      traceHash: world.traceHash,
    }
  }

  /** In the time of the plan, which begins when everybody has met. */
  #struck(): Fault[] {
    return this.#striker.struck.map((fault) => ({ ...fault, at: fault.at - this.#begunAt }))
  }

  pinned(): Plan {
    return { ...this.#plan, jobs: this.#jobs.map(({ planned }) => planned), faults: this.#struck() }
  }
}

/** Those of whom the first peer never heard, nor they of it, not even by way of others: no time brings them together. */
function strangers(world: SimWorld): SimPeer[] {
  const [home, ...others] = world.alive()
  const reached = home ? [home] : []
  let left = others
  for (const peer of reached) {
    const near = left.filter((other) => hasHeardOf(peer, other) || hasHeardOf(other, peer))
    reached.push(...near)
    left = left.filter((other) => !near.includes(other))
  }
  return left
}

function hasHeardOf({ state }: SimPeer, { peer }: SimPeer): boolean {
  return state.members.get(peer) !== undefined || [...state.links.entries()].includes(peer)
}

function isAble({ joined, state, store }: SimPeer): boolean {
  return joined && !state.leaving && state.executor.slots > 0 && store.limitBytes >= plenty
}

function isIdle(world: SimWorld, { state }: SimPeer): boolean {
  const isLiving = [...state.residents.all()].every((row) => row.state === 'open')
  const isOver = (row: TaskRow): boolean =>
    row.state === 'settled' || (row.spec.actor !== undefined && row.hosted !== null) || isStranded(world, row)
  return isLiving && state.executor.size === state.residents.size && [...state.tasks.all()].every(isOver)
}

function keepsNoRecord({ state }: SimPeer): boolean {
  return [...state.leases.all()].every(({ over }) => over !== null)
}

/** It died with its peer, or that left. */
function isLost({ peer }: Program): boolean {
  return !peer.alive || peer.left || peer.state.leaving !== null
}

function checkAnswer({ planned: { work }, program }: Job): void {
  if (isLost(program)) return
  const { type, value } = program.end ?? { type: 'none', value: null }
  const { kind: name } = work
  if (type !== 'returned') throw new Error(`${name} threw ${value instanceof Error ? value.message : String(value)}`)
  const expected = expectedOf(work)
  if (value !== expected) throw new Error(`${name}: got ${JSON.stringify(value)}, expected ${JSON.stringify(expected)}`)
}
