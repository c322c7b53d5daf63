// What happened in the mesh as a trace that viewers of Chrome's format draw (Perfetto, chrome://tracing,
// speedscope): a process per peer, a track per worker, a slice per attempt; arrows from an attempt to the one
// that was made in its place, marks for deaths and what followed. A peer that died cannot be asked: what it
// was given is drawn as its owners know it.

import type { Told } from './asking.ts'
import type { InspectRow } from './model/messages.ts'
import { firstActor, numbered } from './timeline-places.ts'
import type { Lane } from './timeline-places.ts'
import type { TraceEvent } from './trace-event.ts'

/** A stretch of time that an attempt had a worker, or was somewhere and is lost with it. */
interface Slice {
  readonly peer: string
  /** -1: nobody knows. */
  readonly worker: number
  readonly task: string
  readonly attempt: number
  readonly fn: string
  readonly end: 'ran' | 'threw' | 'stopped' | 'crashed' | 'gave-back' | 'lost' | 'running'
  readonly note: string
  readonly nth: number
  from: number
  to: number
}

interface Row {
  readonly by: string
  readonly at: number
  readonly what: string
  readonly id: string
  readonly attempt: number
  readonly peer: string
  readonly fn: string
  readonly ms: number
  readonly worker: number
  readonly note: string
  readonly nth: number
}

const ends: ReadonlySet<string> = new Set(['ran', 'threw', 'stopped', 'crashed', 'gave-back'])
/** Of what befalls peers, once each however many tell of it. */
const ofPeers: ReadonlySet<string> = new Set(['joined', 'suspected', 'draining', 'left', 'died'])
const marks: ReadonlySet<string> = new Set(['lost', 'remade', 'adopted', 'ended', 'failed'])

/** `now`: on the clock of `askedAt`. */
export function traceOf(parts: readonly Told[], now: number): { traceEvents: TraceEvent[]; displayTimeUnit: 'ms' } {
  const rows = parts.flatMap(rowsOf)
  const slices = [...ranSlices(rows, now), ...lostSlices(rows)]
  untangle(slices)
  const places = numbered(slices, [...new Set([...rows.map(({ by }) => by), ...slices.map(({ peer }) => peer)])])
  const zero = Math.min(...rows.map(({ at }) => at), ...slices.map(({ from }) => from))
  const us = (at: number): number => Math.round((at - zero) * 1_000)
  const traceEvents = [
    ...places.names(),
    ...slices.map((slice) => sliceEvent(slice, places.of(slice), us)),
    ...arrows(slices, rows).flatMap((arrow, id) => arrowEvents(arrow, id, { of: places.of, us })),
    ...markEvents(rows, places.pidOf, us).filter(({ pid }) => pid > 0),
  ]
  return { traceEvents, displayTimeUnit: 'ms' }
}

function rowsOf({ name, rows, askedAt, answeredAt }: Told): Row[] {
  const middle = (askedAt + answeredAt) / 2
  const text = (value: InspectRow[string] | undefined): string => (typeof value === 'string' ? value : '')
  return rows.map((row) => ({
    by: name,
    at: middle - Number(row['agoMs']),
    what: text(row['what']),
    id: text(row['id']),
    attempt: Number(row['attempt']),
    peer: text(row['peer']),
    fn: text(row['fn']),
    ms: Number(row['ms']),
    worker: Number(row['worker']),
    note: text(row['note']),
    nth: Number(row['nth']),
  }))
}

/** What peers that were asked say they ran, or run. */
function ranSlices(rows: readonly Row[], now: number): Slice[] {
  const started = new Map<string, Row>()
  const slices: Slice[] = []
  for (const row of rows) {
    const key = `${row.by} ${row.id}`
    if (row.what === 'started') started.set(key, row)
    if (!ends.has(row.what)) continue
    const begun = started.get(key)
    started.delete(key)
    if (row.worker < 0) continue
    const from = row.ms > 0 || !begun ? row.at - row.ms : begun.at
    slices.push(sliceOf(row, { end: row.what as Slice['end'], from, to: row.at, fn: row.fn || (begun?.fn ?? '') }))
  }
  for (const row of started.values()) slices.push(sliceOf(row, { end: 'running', from: row.at, to: now, fn: row.fn }))
  return slices
}

function sliceOf(row: Row, rest: Pick<Slice, 'end' | 'from' | 'to' | 'fn'>): Slice {
  const { by, worker, id, attempt, note, nth } = row
  return { peer: by, worker, task: id, attempt, note, nth, ...rest }
}

/** Given to a peer that never told of it, and tried again, handed back or failed: it was there in between, as far as its owner knows. */
function lostSlices(rows: readonly Row[]): Slice[] {
  const told = new Set(rows.filter(({ what }) => what === 'started' || ends.has(what)).map((row) => attemptKey(row)))
  const given = new Map<string, Row>()
  const slices: Slice[] = []
  for (const row of rows) {
    const key = `${row.by} ${attemptKey(row)}`
    if (row.what === 'given' || row.what === 'hedged') given.set(key, row)
    if (row.what !== 'retried' && row.what !== 'moved' && row.what !== 'failed') continue
    const begun = given.get(key)
    if (!begun || told.has(attemptKey(row))) continue
    const { id, attempt, note, nth } = row
    slices.push({
      peer: begun.peer,
      worker: -1,
      task: id,
      attempt,
      fn: row.fn || begun.fn,
      end: row.what === 'moved' ? 'gave-back' : 'lost',
      note,
      nth,
      from: begun.at,
      to: row.at,
    })
  }
  return slices
}

function attemptKey({ id, attempt }: { readonly id: string; readonly attempt: number }): string {
  return `${id}#${attempt}`
}

/** A worker runs one at a time, but what ran in one batch was told at once: the earlier one ended when the later began. */
function untangle(slices: readonly Slice[]): void {
  const next = new Map<string, number>()
  const actors = new Set(livesOfActors(slices))
  for (const slice of [...slices].sort((a, b) => b.nth - a.nth)) {
    if (slice.worker < 0 || actors.has(slice)) continue
    const track = trackOf(slice)
    const by = next.get(track) ?? Number.POSITIVE_INFINITY
    const late = Math.max(0, slice.to - by)
    slice.to -= late
    if (slice.end === 'running') slice.from = Math.min(slice.from, slice.to)
    else slice.from -= late
    next.set(track, slice.from)
  }
}

/** In the worker of an actor its calls run within its life, which begins first. */
function livesOfActors(slices: readonly Slice[]): Iterable<Slice> {
  const first = new Map<string, Slice>()
  for (const slice of slices) {
    if (slice.worker < firstActor) continue
    const before = first.get(trackOf(slice))
    if (!before || slice.from < before.from) first.set(trackOf(slice), slice)
  }
  return first.values()
}

function trackOf({ peer, worker }: Slice): string {
  return `${peer} ${worker}`
}

const colours: Readonly<Partial<Record<Slice['end'], string>>> = {
  threw: 'bad',
  crashed: 'terrible',
  lost: 'terrible',
  stopped: 'grey',
  'gave-back': 'grey',
  running: 'thread_state_runnable',
}

type Micros = (at: number) => number

function sliceEvent(slice: Slice, { pid, tid }: Lane, us: Micros): TraceEvent {
  const { fn, end, task, attempt, note, from, to } = slice
  const { [end]: cname } = colours
  return {
    ph: 'X',
    name: end === 'ran' && attempt <= 1 ? fn : `${fn} (${end === 'ran' ? '' : `${end}, `}attempt ${attempt})`,
    cat: 'task',
    pid,
    tid,
    ts: us(from),
    // Viewers leave out what takes no time.
    dur: Math.max(1, us(to) - us(from)),
    ...(cname === undefined ? {} : { cname }),
    args: { task, attempt, end, ...(note === '' ? {} : { note }) },
  }
}

interface Arrow {
  readonly from: Slice
  readonly to: Slice
  readonly name: 'retry' | 'move'
}

/** From each attempt to the next one at the same task that anybody knows of. */
function arrows(slices: readonly Slice[], rows: readonly Row[]): Arrow[] {
  const charged = new Set(rows.filter(({ what }) => what === 'retried').map((row) => attemptKey(row)))
  const tasks = new Map<string, Slice[]>()
  for (const slice of slices) {
    const before = tasks.get(slice.task)
    if (before) before.push(slice)
    else tasks.set(slice.task, [slice])
  }
  return [...tasks.values()].flatMap((attempts) => {
    attempts.sort((a, b) => a.attempt - b.attempt || a.from - b.from)
    return attempts.slice(1).map((to, i): Arrow => {
      const from = attempts[i] as Slice
      return {
        from,
        to,
        name:
          from.end !== 'gave-back' && charged.has(attemptKey({ id: from.task, attempt: from.attempt }))
            ? 'retry'
            : 'move',
      }
    })
  })
}

/** It begins at the end of one slice and ends where the other begins: inside both, as viewers want it. */
function arrowEvents(
  { from, to, name }: Arrow,
  id: number,
  { of, us }: { readonly of: (slice: Slice) => Lane; readonly us: Micros },
): TraceEvent[] {
  const start = us(from.from) + Math.max(1, us(to.from > from.to ? from.to : to.from) - us(from.from)) - 1
  const shared = { name, cat: 'retry', id: id + 1 }
  const begins = Math.max(us(from.from), Math.min(start, us(to.from)))
  return [
    { ph: 's', ...shared, ...of(from), ts: begins },
    { ph: 'f', bp: 'e', ...shared, ...of(to), ts: Math.max(begins, us(to.from)) },
  ]
}

/** Of peers that are drawn: whoever came only to look is not. */
function markEvents(rows: readonly Row[], pidOf: (peer: string) => number, us: Micros): TraceEvent[] {
  const once = new Map<string, Row>()
  const found: Row[] = []
  for (const row of rows) {
    if (marks.has(row.what)) found.push(row)
    if (!ofPeers.has(row.what)) continue
    const key = `${row.what} ${row.peer}`
    const before = once.get(key)
    if (!before || row.at < before.at) once.set(key, row)
  }
  return [...once.values(), ...found].map((row) => {
    const isOfPeer = ofPeers.has(row.what)
    const name = isOfPeer ? `${row.peer} ${row.what}` : `${row.fn === '' ? row.id : row.fn} ${row.what}`
    return {
      ph: 'i',
      name,
      cat: isOfPeer ? 'peer' : 'trouble',
      pid: pidOf(isOfPeer ? row.peer : row.by),
      tid: 0,
      ts: us(row.at),
      s: row.what === 'died' ? 'g' : 'p',
      args: { by: row.by, ...(row.note === '' ? {} : { note: row.note }), ...(isOfPeer ? {} : { id: row.id }) },
    }
  })
}
