// Jobs with a name in a simulated run: the second program of a name is the first one run again. Whoever
// runs the first is killed for it, and what was done by then and safe with a guardian must be there
// when the second begins.

import type { ContextId, LifeId, ObjectId } from '@murmuration/core/internal'
import type { Body, Context } from './bodies.ts'
import type { SimPeer } from './peer.ts'
import type { Program, SimWorld } from './world.ts'

export interface NamedJob {
  readonly name: string
  readonly detached: boolean
}

/** What a killed program leaves behind. */
interface Estate {
  /** Settled with small values, and known to all of its guardians. */
  readonly done: readonly ObjectId[]
  readonly heirs: readonly LifeId[]
}

export class NamedJobs {
  readonly #world: SimWorld
  readonly #programs = new Map<string, Program>()
  readonly #estates = new Map<string, Estate>()

  constructor(world: SimWorld) {
    this.#world = world
  }

  /** Whoever runs it dies. */
  #interrupt(name: string): void {
    const peer = this.#programs.get(name)?.peer
    if (!peer?.alive) return
    this.#estates.set(name, this.#estateOf(name, peer))
    this.#world.departed(peer)
  }

  /** It can be run there: whoever runs it now is somebody else, and may be harmed for good. */
  #mayRun(peer: SimPeer, name: string): boolean {
    const [home] = this.#world.peers()
    const earlier = this.#programs.get(name)?.peer
    if (!peer.joined || peer === earlier) return false
    return !earlier?.alive || (earlier !== home && !earlier.state.leaving)
  }

  #estateOf(name: string, { state, life }: SimPeer): Estate {
    const { ledger, directory } = state
    const whole = [...ledger.guardians()].filter(({ begunAt, acked }) => begunAt > 0 && acked >= begunAt)
    const heirs = whole.map((guardian) => guardian.life)
    // Who was thought dead before may have been answered for, and forgotten, by then.
    if (this.#world.custody.wasBuried(life)) return { done: [], heirs }
    const done = [...ledger.rows()].filter(
      (object) =>
        ledger.contextOf(object) === contextOf(name) &&
        directory.get(object)?.state === 'inline' &&
        ledger.isSafe(object),
    )
    return { done, heirs }
  }

  /** The program, with a look at what it finds. Null when it cannot be run there, or not again. */
  begin(peer: SimPeer, { name, detached }: NamedJob, main: (context: Context) => Body): Program | null {
    const world = this.#world
    if (!this.#mayRun(peer, name)) return null
    this.#interrupt(name)
    const estate = this.#estates.get(name)
    const begunAt = peer.now()
    const asked = (estate?.heirs ?? []).filter((life) => peer.state.members.lives(life))
    const looking = function* (context: Context): Body {
      // Else somebody did not answer in time.
      const isAnswered = peer.now() - begunAt < world.config.adoptMs
      const isKept = asked.some((life) => peer.state.members.lives(life) && !world.custody.wasBuried(life))
      if (estate && isAnswered && isKept) checkFound(peer, name, estate)
      return yield* main(context)
    }
    const program = world.program(peer, looking, { lingers: true, job: name, detached })
    this.#programs.set(name, program)
    return program
  }

  /** All of them are over: nothing of them is missed. */
  end(): void {
    const [peer] = this.#world.alive()
    for (const name of this.#programs.keys())
      peer?.event({ type: 'end-job', context: contextOf(name), reason: 'the run is over' })
  }
}

function checkFound({ life, state }: SimPeer, name: string, { done }: Estate): void {
  for (const object of done)
    if (state.directory.get(object)?.state !== 'inline')
      throw new Error(`${life} runs ${name} again and does not find ${object}, which was done and guarded`)
}

function contextOf(name: string): ContextId {
  return `named-${name}` as ContextId
}
