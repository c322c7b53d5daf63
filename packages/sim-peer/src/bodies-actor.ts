// What an actor of the simulation is: a state of plain data, refs among it, and methods that are bodies as tasks
// have them. Its snapshot is its state.

import type { Body, Context } from './bodies.ts'

export type ActorState = Record<string, unknown>

export interface SimActor {
  /** Throws when it cannot be made. */
  readonly build: (...args: never[]) => ActorState
  readonly methods: { readonly [name: string]: (context: Context, state: never, ...args: never[]) => Body }
  readonly snapshots: boolean
  /** Methods that go on when they are told to stop. */
  readonly deaf?: readonly string[]
  /** From what an earlier version of it was: throws when it cannot. Default: as it was. */
  readonly restore?: (state: never) => ActorState
}
