// What was put inside a task and has lost its last copy: the task is run once more, and puts it again. Whoever
// answers for it asks for the run, and the peer that runs it says what it put (`remade`), ahead of the outcome,
// which is of no interest here: whoever asked for the task has that.

import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { itemIn, never, resultOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Entry } from '../state/directory.ts'
import { hold } from '../state/locate.ts'
import type { Maker } from '../state/makers.ts'
import { loseForGood } from '../state/missing.ts'
import type { PeerState } from '../state/peer-state.ts'
import { notify, say } from '../state/peer-state.ts'
import { tellTrouble } from '../state/recording.ts'
import { fadePut, isAwaited, letRunGo, regain } from '../state/remaking.ts'
import { hasPassed, runAnew, streamSettled } from '../state/streaming.ts'
import type { TaskRow } from '../state/tasks.ts'
import { Tasks } from '../state/tasks.ts'
import { expectDelivery } from '../state/transits.ts'

/** The last copy is gone, or nobody said in time that there is one: put again when somebody reads it, or lost with a reason. */
export function putLost(state: PeerState, entry: Entry, reason: string, now: Instant): void {
  const { object } = entry
  const maker = state.makers.of(object)
  if (!isGone(state, entry, maker)) return
  if (!maker) return lose(state, entry)
  if (entry.state === 'stored') {
    const { size, hash, refs } = entry
    const located = { type: 'stored', size, hash, holders: [], refs } as const
    state.missing.set(object, { located, by: never, asked: new Set() })
  }
  if (!state.holds.isHeld(object) && entry.wantedBy.size === 0) {
    if (entry.state !== 'faded') fadePut(state, entry)
    return
  }
  const passed = hasPassed(state, maker, object)
  // What may be done again of an actor its caller has said of the call.
  const isBudgeted = !passed?.spec.call
  if (isBudgeted && maker.rebuildsLeft <= 0 && (passed !== null || !isOut(state, maker)))
    return loseForGood(state, entry, 'no-rebuilds', runOut(maker))
  if (entry.state !== 'pending') state.directory.reopen(entry, 'pending')
  maker.awaited.add(object)
  if (!isOut(state, maker)) return run(state, maker, reason, now)
  if (passed === null) return
  if (isBudgeted) maker.rebuildsLeft--
  runAnew(state, passed, `an item of it was lost (${reason})`)
}

/** Nobody has it, and nobody is about to. */
function isGone(state: PeerState, entry: Entry, maker: Maker | undefined): boolean {
  const { object, holders, copying } = entry
  if (entry.state === 'stored') return holders.size === 0 && copying.size === 0
  if (entry.state !== 'pending') return entry.state === 'faded'
  const until = state.missing.get(object)?.by ?? never
  return until === never && !(maker?.awaited.has(object) && isOut(state, maker))
}

function lose(state: PeerState, entry: Entry): void {
  const note = state.notes.get(entry.object) ?? noteOfStream(state, entry.object)
  if (note !== undefined) return loseForGood(state, entry, 'lineage-dropped', note)
  const because = entry.state === 'stored' ? 'its last copy is gone' : 'whoever had its bytes is gone'
  loseForGood(state, entry, 'put', `it was put, and ${because}`)
}

/** Why what yielded it does not run again. */
function noteOfStream(state: PeerState, object: ObjectId): string | undefined {
  const at = itemIn(object)
  return at ? state.notes.get(resultOf(at.task)) : undefined
}

function runOut({ spec }: Maker): string {
  return `it was put inside ${spec.fn}, which may be run again ${spec.policy.rebuilds} times (rebuilds), and was`
}

/** An attempt at it is to be had, whatever for. */
function isOut(state: PeerState, { spec }: Maker): boolean {
  const row = state.tasks.get(spec.id)
  return row !== undefined && row.state !== 'settled' && row.ending === null
}

/** Once more. Of a task that this peer asked for itself the result stays what it is. */
function run(state: PeerState, maker: Maker, reason: string, now: Instant): void {
  const { spec, formerly } = maker
  const known = state.tasks.get(spec.id)
  // It is being stopped: looked at again when it has.
  if (known && known.state !== 'settled') return
  maker.rebuildsLeft--
  maker.isRun = true
  maker.failed = null
  maker.told.clear()
  // It may end before anybody runs it.
  for (const object of maker.awaited) maker.told.add(object)
  state.counters.rebuilt++
  const row = known ?? enter(state, maker, now)
  if (known) state.tasks.reopen(known, now)
  tellTrouble(state, row, 'remade', `something that it put was lost (${reason}): run again`)
  for (const link of row.spec.refs) hold(state, link, 'spec')
  row.formerly = formerly
  const [object = resultOf(spec.id)] = maker.awaited
  notify(state, { type: 'object:rebuilt', object, task: spec.id })
  state.tasks.retrying(row, now)
  state.deadlines.set(spec.id, Tasks.dueAt(row))
}

/** Nobody here has asked for it: there is no entry for what it returns, and it counts as a step deeper than a program's, which a worker may not ask for. */
function enter(state: PeerState, { spec, numbered }: Maker, now: Instant): TaskRow {
  const { code, depth } = spec
  const row = state.tasks.add({ ...spec, depth: Math.max(1, depth) }, state.firstEpoch, now)
  row.attempt = row.numbered = numbered
  state.code.need(code)
  return row
}

/** Whoever runs it has put it again. What comes from somebody else counts when it is what it was. */
export function remade(
  state: PeerState,
  from: LifeId,
  { object, located }: Extract<Message, { type: 'remade' }>,
): void {
  const entry = state.directory.get(object)
  const task = object as string as TaskId
  const links = 'refs' in located ? located.refs.map((link) => link.object) : []
  // It stays there until we hold what is inside.
  expectDelivery(state.deliveries, from, { task, attempt: 0 }, links)
  if (!entry || located.type === 'failure' || located.type === 'alias') return
  const hash = entry.hash === '' ? state.missing.get(object)?.located.hash : entry.hash
  const isSame = located.type === 'stored' && located.hash === hash
  const maker = state.makers.of(object)
  if (!isSame && !state.tasks.isAt(maker?.spec.id ?? null, from)) return void state.counters.strayed++
  if (maker) state.makers.ranAt(maker, from)
  if (isAwaited(state, entry)) return regain(state, entry, located)
  if (entry.state !== 'stored' || !isSame) return
  state.directory.addHolder(entry, from)
  say(state, from, { type: 'verify', object, hash: entry.hash })
}

/** Something has settled: perhaps one of those that are awaited, perhaps the task that was to put them. */
export function settled(state: PeerState, object: ObjectId, now: Instant): void {
  const maker = state.makers.of(object)
  if (maker?.awaited.has(object) && state.directory.get(object)?.state !== 'pending') {
    maker.awaited.delete(object)
    maker.told.delete(object)
    letRunGo(state, maker)
  }
  const ended = state.makers.get(object as string as TaskId)
  if (ended) ranOut(state, ended, now)
  streamSettled(state, object)
}

/** Its run is over. What it was told to put and did not is lost; what it was not told of it is run for again. */
function ranOut(state: PeerState, maker: Maker, now: Instant): void {
  if (isOut(state, maker)) return
  maker.isRun = false
  const { spec, failed } = maker
  // What is lost meanwhile is awaited anew, and another run may begin.
  const awaited = [...maker.awaited]
  const told = new Set(maker.told)
  maker.told.clear()
  const how = failed === null ? 'did not put it' : `failed before it put it: ${failed}`
  for (const object of awaited) {
    const entry = state.directory.get(object)
    // Put again, and lost before it was here: somebody may have it yet.
    if (entry?.state !== 'pending' || (state.missing.get(object)?.by ?? never) !== never) continue
    if (told.has(object))
      loseForGood(state, entry, 'put', `it was put inside ${spec.fn}, which was run again and ${how}`)
    else {
      maker.awaited.delete(object)
      putLost(state, entry, 'it was lost while its task ran', now)
    }
  }
}
