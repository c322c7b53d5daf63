// Work that several peers compute on their own: what most of them say counts, which is what they all say here,
// in bytes or in the eyes of a function that compares two results.

import { get } from './bodies.ts'
import { away, elsewhereIfFull } from './functions.ts'
import { elected } from './functions-votes.ts'
import type { Elections } from './functions-votes.ts'
import type { WorkKind } from './work-kind.ts'
import { total } from './work-kind.ts'

/** Votes of a run, and a few beside them: a task with each ballot, and one with each comparison. */
const tasksPerVote = 6

export const elections: WorkKind<Elections> = {
  draw: ({ rng, most }) => ({
    count: 1 + rng.below(Math.max(1, Math.min(6, Math.floor(most / tasksPerVote)))),
    ms: rng.between(5, 600),
    votes: 2 + rng.below(2),
    isAway: rng.next() < 0.4,
    what: rng.pick(['small', 'large', 'alike', 'thrown']) as Elections['what'],
    waitMs: rng.between(0, 1_000),
  }),
  *main(context, work) {
    if (work.isAway) return yield* get(context.call('elect', [work], away(context, elsewhereIfFull)))
    return yield* elected(context, work)
  },
  expected: ({ count }) => total(count),
}
