// Jobs that know their right answer, by name. Whatever dies, a program and the arithmetic beside it must
// agree. What a program reads instead of a value it takes only when the simulator can tell why it had
// to be; then it asks for all of it again, as people do.

import type { Rng } from '@murmuration/core/internal'
import type { Body, CallOptions, Context } from './bodies.ts'
import { SimFailure, elapse } from './bodies.ts'
import * as actors from './work-actors.ts'
import * as deep from './work-deep.ts'
import * as ends from './work-ends.ts'
import type { WorkDraw, WorkKind } from './work-kind.ts'
import * as named from './work-named.ts'
import * as plain from './work-plain.ts'
import * as refs from './work-refs.ts'
import { handedOn, kept, left, piped, streamed } from './work-streams.ts'
import * as trips from './work-trips.ts'
import { elections } from './work-votes.ts'

const streams = { handedOn, kept, left, piped, streamed }
const kinds = { ...actors, ...plain, ...deep, ...ends, ...refs, ...trips, ...named, ...streams, elections }

type Kinds = typeof kinds
type ParamsOf<Kind> = Kind extends WorkKind<infer Params> ? Params : never

export type WorkName = keyof Kinds

/** What a program does. */
export type Work = { [Name in WorkName]: { readonly kind: Name } & ParamsOf<Kinds[Name]> }[WorkName]

/** Who holds what is where most can go wrong. */
const weights: { readonly [Name in WorkName]?: number } = {
  nested: 2,
  dropped: 2,
  keepsakes: 2,
  souvenirs: 2,
  stashes: 3,
  cancels: 2,
  strays: 2,
  timeouts: 2,
  relay: 2,
  couriers: 4,
  tallies: 4,
  fragile: 2,
  bank: 3,
  shelves: 2,
  parcels: 2,
  unpacked: 2,
  // Drawn by itself, twice at a time.
  resumed: 0,
  // In some runs, beside whatever else there is.
  elections: 0,
}

/** In an order that does not depend on who loads the modules. */
export const workNames = (Object.keys(kinds) as WorkName[]).sort()

const drawn = workNames.flatMap((name) => Array.from({ length: weights[name] ?? 1 }, () => name))

/** `only`: nothing else is drawn. */
export function drawWork(rng: Rng, { most, only }: Pick<WorkDraw, 'most'> & { readonly only: WorkName | null }): Work {
  const kind = only ?? (rng.pick(drawn) as WorkName)
  return { kind, ...kinds[kind].draw({ rng, options: drawOptions(rng), most }) } as Work
}

export function drawElections(rng: Rng, most: number): Work {
  return { kind: 'elections', ...kinds.elections.draw({ rng, options: {}, most }) }
}

/** What a program under a name does. */
export function drawResumed(rng: Rng): Work {
  return { kind: 'resumed', ...kinds.resumed.draw({ rng, options: {}, most: 0 }) }
}

export function mainOf(work: Work): (context: Context) => Body {
  const { main } = kinds[work.kind] as WorkKind<Work>
  return (context) => persistently(context, () => main(context, work))
}

export function expectedOf(work: Work): unknown {
  return (kinds[work.kind] as WorkKind<Work>).expected(work)
}

/** How often a job is asked for again before that is called odd. */
const triesMost = 30

function* persistently(context: Context, main: () => Body): Body {
  for (let tries = 0; ; tries++) {
    try {
      return yield* main()
    } catch (error) {
      if (!(error instanceof SimFailure) || tries === triesMost || !context.excuses(error.failure)) throw error
    }
    yield* elapse(100 * 2 ** Math.min(tries, 5))
  }
}

function drawOptions(rng: Rng): CallOptions {
  if (rng.next() < 0.4) return {}
  const some: CallOptions[] = [
    { copies: 1 + rng.below(3) },
    { copies: 1 },
    { priority: rng.below(3) },
    { spread: true },
    { prefer: { labels: { zone: 'b' } } },
    { needs: { labels: { zone: rng.pick(['a', { in: ['a', 'c'] }, { not: 'b' }]) as 'a' } } },
    { needs: { resources: { gpu: 1 } } },
    { retries: rng.pick([0, 2, 8]) as number },
    { retryDelayMs: [10, 300] },
    { rebuilds: 2 },
  ]
  return Object.assign({}, ...rng.sample(some, 1 + rng.below(3))) as CallOptions
}
