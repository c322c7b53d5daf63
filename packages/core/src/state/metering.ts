// What this peer measures: numbers by name, groups of them by `group.member`. What they mean, and how they are
// written down, is the reader's affair. Groups have few members, whatever the work is: nothing that programs
// name (functions, tasks, jobs) becomes one.

import type { InspectRow } from '../model/messages.ts'
import { keepsForOthers } from './bytes.ts'
import type { PeerState } from './peer-state.ts'
import type { Histogram } from './meters.ts'
import { boundsSeconds } from './meters.ts'

export function measures(state: PeerState): InspectRow {
  const { executor, holdings, foundlings, meters, members, tasks } = state
  return {
    ...state.counters,
    failed: meters.failed,
    ...grouped('ends', meters.ends),
    ...grouped('tasks', byState(tasks.all(), { waiting: 0, ready: 0, assigned: 0, retrying: 0 })),
    ...grouped('attempts', byState(executor.all(), { fetching: 0, ready: 0, running: 0, blocked: 0, done: 0 })),
    ...grouped('peers', byState(members.all(), { alive: 0, draining: 0, suspect: 0, dead: 0, left: 0 })),
    ...grouped('runs', buckets(meters.runs)),
    ...grouped('settles', buckets(meters.settles)),
    slots: executor.slots,
    owned: state.directory.size,
    held: holdings.size,
    keptForOthers: keepsForOthers(state),
    memoryBytes: holdings.memoryBytes,
    diskBytes: holdings.diskBytes + foundlings.bytes,
    links: state.links.standing().length,
    bundles: state.code.size,
    storyRows: state.story.size,
    awareness: state.detector.awareness,
  }
}

function grouped(group: string, members: object): Record<string, number> {
  return Object.fromEntries(Object.entries(members).map(([member, value]) => [`${group}.${member}`, Number(value)]))
}

/** Those in a state that is not listed are not counted. */
function byState<S extends string>(
  rows: Iterable<{ readonly state: string }>,
  counts: Record<S, number>,
): Record<S, number> {
  for (const { state } of rows) if (state in counts) counts[state as S]++
  return counts
}

/** By upper bound in seconds, each with all that is shorter; `sum` in seconds. */
function buckets(measured: Histogram): Record<string, number> {
  const least = measured.cumulative().map((count, at) => [`le${boundsSeconds[at]}`, count])
  return { ...Object.fromEntries(least), sum: measured.sumSeconds, count: measured.count }
}
