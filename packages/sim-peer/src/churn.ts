// One seed, one run: sizes, limits, workloads, weather and faults are all drawn from it. First the
// safety phase, in which anything may break and what must always hold is checked; then the liveness
// phase: faults end, and the mesh must converge, settle everything right and clean up after itself.

import { Rng } from '@murmuration/core/internal'
import { checkVisits } from './check-visits.ts'
import { checkAlways, checkEmpty, checkOnce, checkQueues, checkQuiet, falseDeaths } from './checks.ts'
import type { Fault } from './faults.ts'
import { Striker, faults } from './faults.ts'
import { defineFunctions } from './functions.ts'
import { calm } from './network.ts'
import type { SimPeer } from './peer.ts'
import { drawConfig, drawHome, drawPeerCount, drawSeat, plenty } from './settings.ts'
import type { Workload } from './workloads.ts'
import { drawWorkload } from './workloads.ts'
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

/** Jobs of a seed at most. */
const jobsMost = 5
/** How long the mesh may take to converge once the faults are over. */
const patienceMs = 20 * 60_000
/** Then it is left in peace: with the programs' handles, and without them. */
const quietMs = 20_000
const emptyMs = 8_000

export function churn(
  seed: number,
  { verbose = false } = {},
): ChurnReport & { readonly log: readonly string[]; readonly world: SimWorld } {
  const run = new Churn(seed, verbose)
  let violation: string | null = null
  try {
    run.safety()
    run.liveness()
  } catch (error) {
    violation = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
  return { ...run.report(), violation, log: run.world.log, world: run.world }
}

interface Job {
  readonly workload: Workload
  readonly program: Program
}

class Churn {
  readonly seed: number
  readonly world: SimWorld
  readonly #rng: Rng
  readonly #striker: Striker
  readonly #mix: readonly Fault[]
  readonly #jobs: Job[] = []

  constructor(seed: number, verbose: boolean) {
    this.seed = seed
    const rng = new Rng(seed)
    this.#rng = rng
    this.world = new SimWorld({ seed, config: drawConfig(rng), spreadsCode: rng.next() < 0.5 })
    this.#striker = new Striker(this.world, rng)
    this.world.verbose = verbose
    this.world.isStrict = true
    this.world.network.distances = { ms: rng.next() < 0.3 ? 0 : rng.between(1, 30), salt: seed }
    this.world.isCalm = rng.next() < 0.1
    // Any number of peers may die with a task: unless its call says otherwise, the right answer is what is asked.
    this.world.retries = -1
    this.#mix = this.world.isCalm ? [] : rng.sample(faults, 1 + rng.below(6))
    defineFunctions(this.world)
    this.#populate()
  }

  #populate(): void {
    const { world } = this
    const count = drawPeerCount(this.#rng)
    for (let n = 0; n < count; n++) world.add(`p${n}`, n === 0 ? drawHome(this.#rng) : drawSeat(this.#rng))
    world.isCramped = [...world.seats.values()].some((seat) => seat.memoryBytes < plenty)
    const together = (): boolean => world.alive().every((peer) => peer.joined)
    world.isScattered = count > 2 && this.#rng.next() < 0.5
    if (!world.isScattered) world.run({ until: together, forMs: 10_000 })
  }

  /** Jobs are asked for all the while, a few at a time. */
  safety(): void {
    const { world } = this
    const rng = this.#rng
    const atOnce = 1 + rng.below(3)
    const end = world.clock.now + rng.between(2_000, 9_000)
    for (let n = 0; n < atOnce; n++) this.#begin()
    while (world.clock.now < end) {
      world.run({ until: () => this.#done(), forMs: rng.between(20, 1_000) })
      if (this.#mix.length > 0) this.#striker.strike(rng.pick(this.#mix) as Fault)
      checkAlways(world)
      if (this.#running() < atOnce && this.#jobs.length < jobsMost) this.#begin()
      else if (this.#done()) break
    }
  }

  /** Most jobs are those of the peer that lives on; the others may die with theirs. */
  #begin(): void {
    const { world } = this
    const rng = this.#rng
    const roomy = [...world.seats.values()].filter((seat) => seat.memoryBytes >= plenty).map(({ peer }) => peer)
    const hosts = roomy.filter((name) => world.peer(name).alive && !world.peer(name).state.leaving)
    const host = rng.next() < 0.6 ? 'p0' : (rng.pick(hosts) as string)
    const workload = drawWorkload(rng, { most: Math.max(8, Math.floor(world.config.maxTasks / 4)) })
    this.#jobs.push({ workload, program: world.program(world.peer(host), workload.main, { lingers: true }) })
  }

  #running(): number {
    return this.#jobs.filter(({ program }) => program.end === null && !isLost(program)).length
  }

  #done(): boolean {
    return this.#running() === 0
  }

  liveness(): void {
    const { world } = this
    this.#makePeace()
    if (!world.run({ until: () => this.#done(), forMs: patienceMs })) throw new Error(`not finished: ${this.#stuck()}`)
    for (const job of this.#jobs) checkAnswer(job)
    world.run({ forMs: quietMs / 4 })
    world.witness.seesPings = true
    world.run({ forMs: (quietMs * 3) / 4 })
    checkAlways(world)
    checkQuiet(world)
    checkVisits(world, (quietMs * 3) / 4)
    for (const { program } of this.#jobs) program.runner.drop()
    world.run({ forMs: emptyMs })
    checkAlways(world)
    checkQuiet(world)
    checkEmpty(world)
    checkQueues(world)
    world.witness.checkCauses()
    if (world.isCalm) this.#checkCalm()
  }

  /** Cables in, everybody awake, nobody alone. Who sleeps sleeps on. */
  #makePeace(): void {
    const { world } = this
    world.network.heal()
    world.network.weather = calm
    world.corruption = 0
    for (const peer of world.peers()) {
      peer.slowness = 1
      peer.full = false
      peer.store.disk.isFull = false
      if (!peer.asleep) peer.thaw()
    }
    const awake = (): boolean => world.alive().every((peer) => !peer.frozen)
    world.run({ until: awake, forMs: 2 * world.config.tombstoneMs })
    // Who was told to leave begins to.
    world.run({ forMs: 100 })
    const able = world.alive().filter(isAble)
    if (able.length < 2) world.add(`p${world.seats.size}`, { ...drawSeat(this.#rng), slots: 1, memoryBytes: plenty })
  }

  #checkCalm(): void {
    const buried = falseDeaths(this.world, this.#striker.suspects)
    if (buried.length > 0) throw new Error(`without faults: ${buried.join(', ')}`)
    checkOnce(this.world)
  }

  #stuck(): string {
    const lines: string[] = []
    for (const { workload, program } of this.#jobs)
      if (!program.end) lines.push(`${workload.name} at ${program.peer.life}`)
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
      seed: this.seed,
      peers: world.seats.size,
      workloads: this.#jobs.map(({ workload, program }) => `${workload.name} at ${program.peer.peer}`),
      faults: this.#striker.done,
      tasks: world.witness.executions.size,
      executions,
      virtualMs: world.clock.now,
      turns: world.turnCount,
      traceHash: world.traceHash,
    }
  }
}

function isAble({ state, store }: SimPeer): boolean {
  return !state.leaving && state.executor.slots > 0 && store.limitBytes >= plenty
}

/** It died with its peer, or that left. */
function isLost({ peer }: Program): boolean {
  return !peer.alive || peer.left || peer.state.leaving !== null
}

function checkAnswer({ workload: { name, expected }, program }: Job): void {
  if (isLost(program)) return
  const { type, value } = program.end ?? { type: 'none', value: null }
  if (type !== 'returned') throw new Error(`${name} threw ${value instanceof Error ? value.message : String(value)}`)
  if (value !== expected) throw new Error(`${name}: got ${JSON.stringify(value)}, expected ${JSON.stringify(expected)}`)
}
