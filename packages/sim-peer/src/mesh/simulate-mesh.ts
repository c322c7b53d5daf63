// A mesh for tests: as many peers as wanted in this process, in virtual time, with real task functions and whatever faults a seed
// brings. It puts the parts together, runs a program on the first peer, and says how to run it again when it fails.

import { randomInt } from 'node:crypto'
import { createCodeCache, createNodeCode, mapStack, sha256 } from '@murmuration/node-peer/code'
import type { CodeCache, Origin } from '@murmuration/node-peer/code'
import { MeshError, Rng, createMesh, hash32, optionRules as is, presets, writing } from '@murmuration/core/internal'
import type { CodeId, CodePort, Mesh, UseRequest } from '@murmuration/core/internal'
import { describe } from '../describe.ts'
import type { SimPeer } from '../peer.ts'
import { Striker } from '../striker.ts'
import { SimWorld } from '../world.ts'
import { Place, enterSimulation } from './place.ts'
import { SimShell } from './shell.ts'
import type { Ground } from './shell.ts'
import { Stage } from './stage.ts'
import type { SimStage } from './stage.ts'
import { Storm, simFaults } from './storm.ts'
import type { SimFault } from './storm.ts'
import { Timing } from './timing.ts'

export type { SimFault } from './storm.ts'
export type { SimStage } from './stage.ts'

/** Options of `simulateMesh`. */
export interface SimulateOptions {
  /** Peers in all, from 1 to 100. The program runs on the first. Default 5. */
  peers?: number | undefined
  /** Decides everything that chance decides, a whole number. Default: another one each time. */
  seed?: number | undefined
  /**
   * What happens to the other peers while the program runs: nothing (`'none'`), or one thing after the other (`'churn'`), or only such: `['kill',
   * 'freeze', 'slow', 'cut']`. Killed peers come back; at most a third of them are unwell at a time. Default `'none'`.
   */
  faults?: 'none' | 'churn' | readonly SimFault[] | undefined
  /** Attempts at once on each peer. Default 2. */
  slots?: number | undefined
  /**
   * How long it takes to run an exported function, or an actor's method, with these arguments, in virtual milliseconds: in addition to the timers
   * that it sets. Default: 10. A generator takes no time but that of its timers.
   */
  durationMs?: ((fn: string, args: readonly unknown[]) => number) | undefined
  /** Longest that the program may take, in virtual milliseconds. Default: an hour. */
  limitMs?: number | undefined
}

/** How a run went. */
export interface SimReport {
  readonly seed: number
  readonly virtualMs: number
  /** Turns that all peers took together. */
  readonly turns: number
  /** Equal when two runs were the same, message by message. */
  readonly traceHash: string
  /** What was done to whom, when. */
  readonly faults: readonly string[]
}

/** A mesh that is there while a program runs on it. */
export interface SimulatedMesh {
  readonly seed: number
  /** Of the latest run; null before the first has ended. */
  readonly report: SimReport | null
  /**
   * Runs the program on the first peer of a new mesh, and resolves to what it returns. When it throws, a line on stderr says which seed
   * to run again. Rejects with GET_TIMEOUT when it has not ended within `limitMs`.
   */
  run<T>(program: (mesh: Mesh, stage: SimStage) => Promise<T> | T): Promise<T>
}

const optionsRules: is.Rules = {
  peers: is.whole(1, 100),
  seed: is.whole(0),
  faults: {
    expected: `'none', 'churn' or a list of ${simFaults.join(', ')}`,
    ok: (value) =>
      value === 'none' ||
      value === 'churn' ||
      (Array.isArray(value) && value.every((one) => simFaults.includes(one as SimFault))),
  },
  slots: is.whole(1, 1_000),
  durationMs: { expected: 'a function of a name and arguments that returns milliseconds', ok: isFunction },
  limitMs: is.duration,
}

/**
 * A mesh of simulated peers, to test jobs on: real functions, virtual time, faults from a seed. Everything under way in this process is awaited
 * while virtual time stands still; timers, `Date.now()`, `performance.now()` and `Math.random()` of the program and of tasks are the
 * simulation's. Same seed, same run. For Node. Throws INVALID_OPTION.
 *
 * @example
 * const total = await simulateMesh({ peers: 5, seed: 7, faults: 'churn' }).run(async (mesh) => {
 *   const square = mesh.fn((x: number) => x * x)
 *   const squares = await mesh.get([1, 2, 3].map((x) => square(x)))
 *   return squares.reduce((sum, x) => sum + x)
 * })
 */
export function simulateMesh(options: SimulateOptions = {}): SimulatedMesh {
  is.checkOptions('simulateMesh', options, optionsRules)
  const seed = options.seed ?? randomInt(1_000_000)
  let report: SimReport | null = null
  return {
    seed,
    get report() {
      return report
    },
    async run(program) {
      if (!isFunction(program))
        throw new MeshError('INVALID_OPTION', 'run: expected a function of a mesh, as in run(async (mesh) => …)')
      const simulation = new Simulation({ ...options, seed })
      try {
        return await simulation.run(program)
      } catch (error) {
        process.stderr.write(`${simulation.howToRepeat()}\n`)
        throw error
      } finally {
        report = simulation.report()
      }
    },
  }
}

const defaultLimitMs = 3_600_000
/** For everybody to meet, and for the program's peer to leave. */
const meetMs = 60_000

class Simulation {
  readonly #options: SimulateOptions & { readonly seed: number }
  readonly #world: SimWorld
  readonly #timing: Timing
  readonly #striker: Striker
  readonly #storm: Storm
  readonly #ground: Ground
  readonly #cache: CodeCache
  readonly #shells = new Map<SimPeer, SimShell>()

  constructor(options: SimulateOptions & { readonly seed: number }) {
    const { seed, faults = 'none', durationMs = () => 10 } = options
    this.#options = options
    const shellOf = (peer: SimPeer): SimShell => {
      const shell = new SimShell(this.#ground, peer)
      this.#shells.set(peer, shell)
      return shell
    }
    const config = presets.lan
    this.#world = new SimWorld({ seed, config, shellOf, hashOf: (bytes) => sha256(bytes), writing })
    this.#timing = new Timing(this.#world.clock, seed)
    this.#cache = createCodeCache(null)
    this.#ground = {
      timing: this.#timing,
      config,
      sha256,
      takesMs: (fn, args) => checkedMs(durationMs(fn, args), fn),
      bundles: new Map(),
      assets: new Map(),
      urlOf: (code, source) => this.#cache.url(code, source),
    }
    this.#striker = new Striker(this.#world)
    const kinds = faults === 'churn' ? simFaults : faults === 'none' ? [] : faults
    this.#storm = new Storm(this.#striker, new Rng(hash32(`faults|${seed}`)), kinds)
  }

  async run<T>(program: (mesh: Mesh, stage: SimStage) => Promise<T> | T): Promise<T> {
    const leaveSimulation = enterSimulation()
    try {
      const home = await this.#populate()
      return await this.#runAt(home, program)
    } finally {
      for (const peer of this.#world.alive()) peer.kill()
      leaveSimulation()
      this.#cache.close()
    }
  }

  async #populate(): Promise<SimPeer> {
    const { peers = 5, slots = 2 } = this.#options
    const world = this.#world
    const seat = { slots, labels: { kind: 'node' } }
    const home = world.add('peer-1', seat)
    for (let nth = 2; nth <= peers; nth++) world.add(`peer-${nth}`, seat)
    const met = (): boolean => world.alive().every(({ state }) => state.members.others().length === peers - 1)
    await this.#timing.run(met, meetMs)
    return home
  }

  async #runAt<T>(home: SimPeer, program: (mesh: Mesh, stage: SimStage) => Promise<T> | T): Promise<T> {
    const shell = this.#shells.get(home) as SimShell
    const place = new Place(this.#timing, home, 'program')
    let ended: (() => T) | null = null
    place.run(() => {
      const mesh = this.#meshOver(shell)
      const stage = new Stage(this.#world, place)
      const main = async (): Promise<T> => {
        const value = await program(mesh, stage)
        await mesh.leave()
        return value
      }
      main().then(
        (value) => void (ended = () => value),
        (error: unknown) => {
          ended = () => {
            throw error
          }
        },
      )
    })
    this.#storm.begin()
    const { limitMs = defaultLimitMs } = this.#options
    const isDone = await this.#timing.run(() => ended !== null, this.#world.clock.now + limitMs)
    this.#storm.end()
    place.isOver = true
    if (!isDone || ended === null) throw this.#tooLate(home, limitMs)
    return (ended as () => T)()
  }

  #meshOver(shell: SimShell): Mesh {
    const origins = new Map<CodeId, Origin>()
    const code = createNodeCode({
      sha256,
      keep: (id, bytes, origin) => {
        origins.set(id, origin)
        shell.keepCode(id, bytes)
      },
    })
    return createMesh({
      peer: shell,
      code: this.#awaited(code),
      addresses: () => [],
      mapStack: (stack) => mapStack(stack, origins),
      close: async () => {},
    })
  }

  /** Bundling takes no virtual time. */
  #awaited(code: CodePort): CodePort {
    return {
      use: (url: URL, request: UseRequest) => {
        if (Object.keys(request.env).length > 0) {
          const way = 'leave env out, and set process.env in the test'
          throw new MeshError('INVALID_OPTION', `use: simulated workers share the environment of this process: ${way}`)
        }
        return this.#timing.during(code.use(url, request))
      },
      fn: (f, constants) => code.fn(f, constants),
    }
  }

  #tooLate(home: SimPeer, limitMs: number): MeshError {
    const waiting = [...home.state.watches.all()].map(({ object }) => object)
    const story = waiting
      .slice(0, 10)
      .flatMap((id) => this.#shells.get(home)?.inspectHere({ what: 'explain', id, limit: 20 }) ?? [])
      .map(({ text }) => String(text))
    const what = story.length === 0 ? 'it waits for nothing in the mesh' : `it waits: ${story.join('; ')}`
    return new MeshError(
      'GET_TIMEOUT',
      `the program has not ended after ${limitMs / 1_000} s of virtual time; ${what}`,
      {
        story,
      },
    )
  }

  report(): SimReport {
    const { clock, turnCount, traceHash } = this.#world
    const faults = this.#striker.struck.map(({ at, ...stroke }) => `${at.toFixed(0)} ms: ${describe(stroke)}`)
    return { seed: this.#options.seed, virtualMs: clock.now, turns: turnCount, traceHash, faults }
  }

  /** A line for whoever sees the run fail. */
  howToRepeat(): string {
    const { peers = 5, seed, faults = 'none' } = this.#options
    const { virtualMs, faults: struck } = this.report()
    const again = `simulateMesh({ peers: ${peers}, seed: ${seed}, faults: ${JSON.stringify(faults).replaceAll('"', "'")}, … })`
    const after = `after ${(virtualMs / 1_000).toFixed(1)} s of virtual time and ${struck.length} faults`
    return `simulateMesh: the run with seed ${seed} failed ${after}; the same run again: ${again}`
  }
}

function checkedMs(ms: number, fn: string): number {
  if (Number.isFinite(ms) && ms >= 0) return ms
  throw new MeshError(
    'INVALID_OPTION',
    `simulateMesh: durationMs('${fn}', …) returned ${String(ms)}; return milliseconds, 0 or more`,
  )
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
