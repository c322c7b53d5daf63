// What this peer measures, as samples: one row per number, with the family that it belongs to. How they are
// written down is the reader's affair. Labels have few values each, whatever the work is: what a label can
// be is listed here, and nothing that programs name (functions, tasks, jobs) becomes one.

import type { InspectRow } from '../model/messages.ts'
import { keepsForOthers } from './peer-state.ts'
import type { PeerState } from './peer-state.ts'
import type { Histogram } from './meters.ts'
import { boundsSeconds } from './meters.ts'

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number]

export function measures(state: PeerState): InspectRow[] {
  return [...counters(state), ...gauges(state), ...histograms(state)]
}

function counters({ counters: told, meters }: PeerState): InspectRow[] {
  const { ends, failed } = meters
  const counter = (name: string, help: string, samples: readonly Sample[]): InspectRow[] =>
    rows({ name, type: 'counter', help }, '_total', samples)
  const one = (value: number): Sample[] => [[{}, value]]
  return [
    ...counter('tasks_asked', 'Tasks that this peer was asked for.', one(told.submitted)),
    ...counter('tasks_settled', 'Tasks of this peer that ended, however.', one(told.settled)),
    ...counter('tasks_failed', 'Tasks of this peer that ended without a value.', one(failed)),
    ...counter('attempts_given', 'Attempts that this peer gave to peers, itself among them.', one(told.executions)),
    ...counter('attempts_retried', "Attempts that cost one of a task's retries.", one(told.retried)),
    ...counter('attempts', 'Attempts that ended on this peer, by how.', by('end', ends)),
    ...counter('objects_rebuilt', 'Objects that were made again from their lineage.', one(told.rebuilt)),
    ...counter('objects_copied', 'Copies of objects made at other peers for this one.', one(told.copied)),
    ...counter('objects_spilled', 'Objects that went from memory to disk.', one(told.spilled)),
    ...counter('objects_dropped', 'Copies let go of for want of room.', one(told.dropped)),
    ...counter('peers_died', 'Peers whose death this one has noticed.', one(told.peersDied)),
    ...counter(
      'messages_refused',
      'Messages that were not taken, by why.',
      by('why', {
        violation: told.violations,
        refused: told.refused,
        forbidden: told.forbidden,
        strayed: told.strayed,
      }),
    ),
  ]
}

function gauges(state: PeerState): InspectRow[] {
  const gauge = (name: string, help: string, samples: readonly Sample[], unit = ''): InspectRow[] =>
    rows({ name, type: 'gauge', help, unit }, '', samples)
  const one = (value: number): Sample[] => [[{}, value]]
  const { executor, holdings, foundlings, detector } = state
  return [
    ...gauge(
      'tasks',
      'Tasks that this peer answers for and that have not ended, by state.',
      by('state', tasksByState(state)),
    ),
    ...gauge('attempts_here', 'Attempts on this peer, by state.', by('state', attemptsByState(state))),
    ...gauge('slots', 'Attempts that this peer runs at once.', one(executor.slots)),
    ...gauge('objects_owned', 'Objects that this peer answers for.', one(state.directory.size)),
    ...gauge('objects_held', 'Objects whose bytes are here.', one(holdings.size)),
    ...gauge('objects_kept_for_others', 'Of those, the ones that other peers count on.', one(keepsForOthers(state))),
    ...gauge('objects_memory_bytes', 'Bytes of objects in memory.', one(holdings.memoryBytes), 'bytes'),
    ...gauge('objects_disk_bytes', 'Bytes of objects on disk.', one(holdings.diskBytes + foundlings.bytes), 'bytes'),
    ...gauge('peers', 'Peers that this one knows of, by state.', by('state', peersByState(state))),
    ...gauge('links', 'Links that stand.', one(state.links.standing().length)),
    ...gauge('bundles', 'Bundles of code here.', one(state.code.size)),
    ...gauge('story_rows', 'Rows kept for story and timeline.', one(state.story.size)),
    ...gauge('awareness', 'How much this peer distrusts its own verdicts; 0 is well.', one(detector.awareness)),
  ]
}

function histograms({ meters: { runs, settles } }: PeerState): InspectRow[] {
  return [
    ...histogram('attempt_run_seconds', 'How long attempts ran on this peer.', runs),
    ...histogram('task_settle_seconds', 'From when a task of this peer was asked for to its end.', settles),
  ]
}

function histogram(name: string, help: string, measured: Histogram): InspectRow[] {
  const family = { name, type: 'histogram', help, unit: 'seconds' }
  const buckets = measured.cumulative().map((count, at): Sample => [{ le: boundsSeconds[at] as number }, count])
  return [
    ...rows(family, '_bucket', [...buckets, [{ le: '+Inf' }, measured.count]]),
    ...rows(family, '_sum', [[{}, measured.sumSeconds]]),
    ...rows(family, '_count', [[{}, measured.count]]),
  ]
}

interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly unit?: string
}

/** A row is flat: its labels are one text of JSON. */
function rows({ name, type, help, unit = '' }: Family, suffix: string, samples: readonly Sample[]): InspectRow[] {
  return samples.map(([labels, value]) => ({ name, type, help, unit, suffix, labels: JSON.stringify(labels), value }))
}

function by(label: string, counts: object): Sample[] {
  return Object.entries(counts).map(([key, count]): Sample => [{ [label]: key }, Number(count)])
}

function tasksByState({ tasks }: PeerState): Record<string, number> {
  const counts: Record<string, number> = { waiting: 0, ready: 0, assigned: 0, retrying: 0 }
  for (const { state } of tasks.all()) if (state !== 'settled') counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function attemptsByState({ executor }: PeerState): Record<string, number> {
  const counts: Record<string, number> = { fetching: 0, ready: 0, running: 0, blocked: 0, done: 0 }
  for (const { state } of executor.all()) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function peersByState({ members }: PeerState): Record<string, number> {
  const counts: Record<string, number> = { alive: 0, draining: 0, suspect: 0, dead: 0, left: 0 }
  for (const { state } of members.all()) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
