// Where in a trace a slice is drawn: which number a peer has as a process, which a worker has as a track. What
// is known without a worker gets tracks of its own, as many as there are such slices at once, since slices of
// one track may not overlap.

import type { TraceEvent } from './trace-event.ts'

export interface Lane {
  readonly pid: number
  readonly tid: number
}

interface Placed {
  readonly peer: string
  readonly worker: number
  readonly from: number
  readonly to: number
}

export interface Places<S> {
  readonly of: (slice: S) => Lane
  readonly pidOf: (peer: string) => number
  /** Events that name processes and tracks. */
  names(): TraceEvent[]
}

/** Tracks of workers are counted from 1; those of what nobody can tell the worker of, from here. */
const guessed = 10_000
/** Actors have workers of their own, numbered from here on each peer. */
export const firstActor = 1_000_000

export function numbered<S extends Placed>(slices: readonly S[], peers: readonly string[]): Places<S> {
  const pids = new Map([...peers].sort().map((peer, i) => [peer, i + 1]))
  const pidOf = (peer: string): number => pids.get(peer) ?? 0
  const lanes = new Map<S, Lane>()
  const free = new Map<string, number[]>()
  for (const slice of [...slices].sort((a, b) => a.from - b.from)) {
    const pid = pidOf(slice.peer)
    if (slice.worker >= 0) lanes.set(slice, { pid, tid: slice.worker + 1 })
    else lanes.set(slice, { pid, tid: guessed + laneFor(free, slice) })
  }
  const of = (slice: S): Lane => lanes.get(slice) ?? { pid: 0, tid: 0 }
  return { of, pidOf, names: () => namesOf(pids, [...new Set(lanes.values())]) }
}

/** The first track on which nothing is drawn at that time. */
function laneFor(free: Map<string, number[]>, { peer, from, to }: Placed): number {
  const ends = free.get(peer) ?? []
  free.set(peer, ends)
  const found = ends.findIndex((end) => end <= from)
  const lane = found < 0 ? ends.length : found
  ends[lane] = to
  return lane
}

function namesOf(pids: ReadonlyMap<string, number>, lanes: readonly Lane[]): TraceEvent[] {
  const tracks = new Map(lanes.map(({ pid, tid }) => [`${pid} ${tid}`, { pid, tid }]))
  return [
    ...[...pids].map(([peer, pid]): TraceEvent => ({
      ph: 'M',
      name: 'process_name',
      pid,
      tid: 0,
      args: { name: peer },
    })),
    ...[...tracks.values()].map(({ pid, tid }): TraceEvent => {
      const number = tid - 1
      const name =
        number >= firstActor ? `actor ${number - firstActor}` : tid < guessed ? `worker ${number}` : 'by its owners'
      return { ph: 'M', name: 'thread_name', pid, tid, args: { name } }
    }),
  ]
}
