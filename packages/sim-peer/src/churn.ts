// One seed, one run: sizes, workloads, weather and faults are all drawn from it. First the safety
// phase, in which anything may break and what must always hold is checked; then the liveness phase:
// faults end, and the mesh must converge, settle everything right and clean up after itself.

import { Rng, checkPeerState } from '@murmuration/core/internal'
import { checkAlways, checkEmpty, checkOnce, checkQuiet, falseDeaths } from './checks.ts'
import type { Weather } from './network.ts'
import { calm } from './network.ts'
import type { Workload } from './workloads.ts'
import { defineFunctions, drawWorkload } from './workloads.ts'
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

type WireFault = 'reset' | 'cut' | 'one-way' | 'corrupt' | 'weather'
type PeerFault = 'kill' | 'restart' | 'worker' | 'freeze' | 'nap' | 'sleep' | 'slow' | 'leave' | 'join' | 'full'
type Fault = PeerFault | WireFault

const wireFaults: readonly Fault[] = ['reset', 'cut', 'one-way', 'corrupt', 'weather']

function isWireFault(fault: Fault): fault is WireFault {
  return wireFaults.includes(fault)
}

const kinds: readonly Fault[] = [
  'kill',
  'restart',
  'worker',
  'freeze',
  'nap',
  'sleep',
  'reset',
  'cut',
  'one-way',
  'slow',
  'corrupt',
  'weather',
  'leave',
  'join',
  'full',
]

/** How long the mesh may take to converge once the faults are over. */
const patienceMs = 20 * 60_000

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

class Churn {
  readonly seed: number
  readonly world: SimWorld
  readonly #rng: Rng
  readonly #names: string[]
  readonly #mix: readonly Fault[]
  readonly #jobs: { workload: Workload; program: Program }[] = []
  readonly faults: string[] = []
  readonly #killed = new Set<string>()

  constructor(seed: number, verbose: boolean) {
    this.seed = seed
    this.#rng = new Rng(seed)
    const rng = this.#rng
    const spreadsCode = rng.next() < 0.5
    this.world = new SimWorld({ seed, checkEvery: verbose ? 1 : 16, spreadsCode, config: { maxCodes: 2 } })
    this.world.verbose = verbose
    // Any number of peers may die with a task: what is asked is the right answer, not a named reason.
    this.world.retries = -1
    defineFunctions(this.world)
    const count = 2 + rng.below(rng.next() < 0.1 ? 12 : 6)
    this.#names = Array.from({ length: count }, (_, n) => `p${n}`)
    const calmDay = rng.next() < 0.1
    this.#mix = calmDay ? [] : rng.sample(kinds, 1 + rng.below(5))
  }

  safety(): void {
    const { world } = this
    const rng = this.#rng
    // The peer that is never killed for good can run something, so that the right answer is always to be had.
    for (const name of this.#names) world.add(name, { slots: 1 + rng.below(name === 'p0' ? 2 : 3) })
    if (this.#names.length === 2 || rng.next() < 0.5)
      world.run({ until: () => world.alive().every((peer) => peer.joined), forMs: 10_000 })
    const jobs = 1 + rng.below(3)
    for (let n = 0; n < jobs; n++) {
      const workload = drawWorkload(rng)
      this.#jobs.push({ workload, program: world.program(world.peer('p0'), workload.main) })
    }
    const end = world.clock.now + rng.between(2_000, 15_000)
    while (world.clock.now < end && !this.#done()) {
      world.run({ until: () => this.#done(), forMs: rng.between(20, 1_500) })
      if (this.#mix.length > 0) this.#strike(rng.pick(this.#mix) as Fault)
      this.#look()
    }
  }

  #done(): boolean {
    return this.#jobs.every(({ program }) => program.end !== null)
  }

  #look(): void {
    checkAlways(this.world)
  }

  /** Peers that may be harmed: all but the one whose program asks for the answers. */
  #victim(): string | undefined {
    return this.#rng.pick(this.#names.slice(1).filter((name) => this.world.peer(name).alive))
  }

  #strike(fault: Fault): void {
    const { world } = this
    const rng = this.#rng
    const name = this.#victim()
    const note = (what: string): void => void this.faults.push(`${world.clock.now.toFixed(0)} ms: ${what}`)
    if (isWireFault(fault)) return this.#wires(fault, note)
    switch (fault) {
      case 'kill':
        if (!name) return
        this.#killed.add(name)
        note(`kill ${name}`)
        return world.kill(name)
      case 'restart': {
        const dead = this.#names.find((other) => !world.peer(other).alive)
        const who = dead ?? name
        if (!who) return
        this.#killed.add(who)
        note(`restart ${who}`)
        world.kill(who)
        return world.clock.after(rng.between(1, 3_000), () => void (world.peer(who).alive || world.restart(who)))
      }
      case 'worker': {
        const peer = world.peer(rng.pick(this.#names) as string)
        const worker = rng.pick(peer.workers.busy())
        if (!peer.alive || worker === undefined) return
        note(`worker of ${peer.peer}`)
        return peer.workers.crash(worker, 'uncaught')
      }
      case 'freeze':
      case 'nap':
      case 'sleep': {
        const who = rng.pick(this.#names) as string
        const ms = fault === 'nap' ? rng.between(100, 900) : rng.between(500, 12_000)
        const peer = world.peer(who)
        if (!peer.alive || peer.frozen) return
        this.#killed.add(who)
        note(`${fault} ${who} for ${ms.toFixed(0)} ms`)
        if (fault === 'sleep') peer.sleep()
        else peer.freeze()
        return world.clock.after(ms, () => peer.thaw())
      }
      case 'slow': {
        if (!name) return
        const peer = world.peer(name)
        const times = rng.between(2, 20)
        note(`slow ${name} × ${times.toFixed(0)}`)
        peer.slowness = times
        return world.clock.after(rng.between(500, 6_000), () => (peer.slowness = 1))
      }
      case 'leave':
        if (!name || world.peer(name).state.leaving) return
        this.#killed.add(name)
        note(`${name} leaves`)
        return world.peer(name).event({ type: 'leave' })
      case 'join': {
        if (this.#names.length > 12) return
        const newcomer = `p${this.#names.length}`
        note(`join ${newcomer}`)
        this.#names.push(newcomer)
        return void world.add(newcomer, { slots: rng.below(3) })
      }
      case 'full': {
        if (!name) return
        const peer = world.peer(name)
        note(`full ${name}`)
        peer.full = true
        return world.clock.after(rng.between(500, 6_000), () => (peer.full = false))
      }
    }
  }

  #wires(fault: WireFault, note: (what: string) => void): void {
    const { world } = this
    const rng = this.#rng
    switch (fault) {
      case 'reset': {
        const [a, b] = rng.sample(this.#names, 2).map((name) => world.peer(name))
        if (!a || !b) return
        note(`reset ${a.peer}-${b.peer}`)
        return world.network.unlink(a.peer, b.peer)
      }
      case 'cut':
      case 'one-way': {
        const side = rng.sample(this.#names, 1 + rng.below(Math.max(1, this.#names.length - 1)))
        const rest = this.#names.filter((name) => !side.includes(name))
        for (const name of this.#names) this.#killed.add(name)
        note(`${fault} ${side.join(' ')} | ${rest.join(' ')}`)
        world.cut(side, rest, { oneWay: fault === 'one-way' })
        return world.clock.after(rng.between(200, 10_000), () => world.network.heal())
      }
      case 'corrupt':
        world.corruption = rng.between(0, 0.3)
        return note(`corrupt ${world.corruption.toFixed(2)}`)
      case 'weather':
        for (const name of this.#names) this.#killed.add(name)
        world.network.weather = this.#drawWeather()
        return note(`weather ${JSON.stringify(world.network.weather)}`)
    }
  }

  #drawWeather(): Weather {
    const rng = this.#rng
    const slow = rng.between(0.2, 40)
    return {
      delayMs: [slow / 4, slow],
      loss: rng.next() < 0.5 ? 0 : rng.between(0, 0.1),
      duplication: rng.next() < 0.5 ? 0 : 0.05,
      reordering: rng.next() < 0.5,
    }
  }

  liveness(): void {
    const { world } = this
    world.network.heal()
    world.network.weather = calm
    world.corruption = 0
    for (const peer of world.peers()) {
      peer.slowness = 1
      peer.full = false
      peer.thaw()
    }
    if (!world.run({ until: () => this.#done(), forMs: patienceMs })) throw new Error(`not finished: ${this.#stuck()}`)
    for (const { workload, program } of this.#jobs) {
      const { type, value } = program.end ?? { type: 'none', value: null }
      if (type !== 'returned')
        throw new Error(`${workload.name} threw ${value instanceof Error ? value.message : String(value)}`)
      if (value !== workload.expected)
        throw new Error(`${workload.name}: got ${JSON.stringify(value)}, expected ${JSON.stringify(workload.expected)}`)
    }
    world.run({ forMs: 90_000 })
    this.#look()
    for (const peer of world.alive()) checkPeerState(peer.state)
    checkQuiet(world)
    checkEmpty(world)
    world.witness.checkCauses()
    if (this.#mix.length === 0) this.#checkCalm()
  }

  #checkCalm(): void {
    const buried = falseDeaths(this.world, this.#killed)
    if (buried.length > 0) throw new Error(`without faults: ${buried.join(', ')}`)
    checkOnce(this.world)
  }

  #stuck(): string {
    const lines: string[] = []
    for (const peer of this.world.alive()) {
      for (const row of peer.state.tasks.all())
        if (row.state !== 'settled')
          lines.push(
            `${peer.peer}: ${row.spec.fn} ${row.spec.id} ${row.state} at ${row.at} attempt ${row.attempt} waits for ${[...row.waitsFor].join(' ')}`,
          )
      for (const row of peer.state.watches.all()) lines.push(`${peer.peer} watches ${row.object} of ${row.owner}`)
    }
    return lines.slice(0, 20).join('\n')
  }

  report(): Omit<ChurnReport, 'violation'> {
    const { world } = this
    let executions = 0
    for (const count of world.witness.executions.values()) executions += count
    return {
      seed: this.seed,
      peers: this.#names.length,
      workloads: this.#jobs.map(({ workload }) => workload.name),
      faults: this.faults,
      tasks: world.witness.executions.size,
      executions,
      virtualMs: world.clock.now,
      turns: world.turns,
      traceHash: world.traceHash,
    }
  }
}
