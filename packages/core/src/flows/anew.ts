// A conversation that begins anew: one side had given the other up, and both say what they still have.
// What was said before and not taken is said again where it still counts; what is not listed is lost;
// an attempt that was given out again meanwhile goes on as what it is. Sessions number what is said (state/sessions).

import type { LifeId, TaskId } from '../model/ids.ts'
import { attemptId, itemIn, peerOf } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import { outOfTime } from '../model/out-of-time.ts'
import { isStream } from '../model/task.ts'
import { announcement, onTheirWay } from '../state/announce.ts'
import type { Entry } from '../state/directory.ts'
import { letGo } from '../state/locate.ts'
import { diedAs, lose, takeBack } from '../state/losses.ts'
import { foundHolder } from '../state/missing.ts'
import type { PeerState } from '../state/peer-state.ts'
import { say } from '../state/peer-state.ts'
import type { TaskRow } from '../state/tasks.ts'

/** What still counts in a conversation that began anew. The rest is in its first message, or is told from the beginning. */
const saidAgain: ReadonlySet<Message['type']> = new Set([
  'outcome',
  'item',
  'hosted',
  'proceed',
  'took',
  'consumed',
  'remade',
  'cancel',
  'verify',
  'claim',
  'claimed',
  'compare',
  'seek',
  'sought',
  'end-job',
  'change-actor',
  'hand-over',
  'changed-actor',
  'seek-actor',
  'sought-actor',
  'resign',
  'drain',
  'unplug',
  'inspect',
  'inspected',
])

/** The other side began anew. What we had said and they never took is said again, where it still counts. */
export function reset(state: PeerState, life: LifeId, lostMessages: readonly Message[]): void {
  say(state, life, announcement(state, life, lostMessages))
  state.transits.conversationEnded(life, onTheirWay(state, life, lostMessages))
  state.unconfirmed.set(life, new Set(state.tasks.assignedTo(life).map((row) => row.spec.id)))
  state.directory.copiesLost(life)
  state.holdings.unasked(life)
  state.names.begunAnew(life, state.timers.turnAt)
  state.foundlings.untell(life)
  state.executor.regrant(life)
  state.scheduler.voided(life)
  for (const message of lostMessages) if (saidAgain.has(message.type)) say(state, life, message)
  for (const row of state.elsewhere.of(life)) if (!row.located) say(state, life, { type: 'want', object: row.object })
  for (const row of state.holds.ofLife(life)) {
    if (row.owner === life && row.borrow === 'asked')
      say(state, life, { type: 'borrow', object: row.object, nth: row.nth })
  }
}

/** What that life says it has of ours: complete, so what is missing is lost, as far as it knows what is ours. */
export function announced(state: PeerState, from: LifeId, message: Extract<Message, { type: 'announce' }>): void {
  const running = new Set<string>(message.attempts)
  const name = state.members.nameOf(peerOf(from))
  // Only what was assigned before the conversation began anew: later assignments may not have arrived yet.
  const unconfirmed = state.unconfirmed.get(from)
  for (const row of state.tasks.assignedTo(from)) {
    const attempt = listedOf(state, row, from, running)
    if (attempt === null && unconfirmed?.has(row.spec.id))
      lose(state, row, from, { ...diedAs(name), died: false, ran: mayHaveRun(row) })
    // We may have said so before, in the conversation that ended.
    if (attempt !== null && (row.ending || (row.overdue && attempt === row.attempt))) {
      const reason = row.ending?.reason ?? outOfTime('attemptTimeoutMs', row.spec.policy)
      say(state, from, { type: 'abort', task: row.spec.id, attempt, reason, moved: row.ending === null })
    }
  }
  state.unconfirmed.delete(from)
  for (const id of running) abortStray(state, from, id)
  const borrows = new Set(message.borrows)
  for (const row of state.holds.ofLife(from)) {
    if (row.borrowers.has(from) && !borrows.has(row.object) && state.holds.released(row.object, from))
      state.agenda.loose.push(row.object)
  }
  for (const object of borrows) if (state.directory.get(object)) state.holds.borrowed(object, state.self, from)
  reconcile(state, from, message)
  for (const object of state.transits.takeUnlisted(from, message.undelivered)) letGo(state, object, 'transit')
}

/**
 * The number of the attempt that it has, taken off the list. It may be an earlier one: we thought it dead, gave the task out
 * again, to it, and it never heard of that. Then what runs there, or is done, is what is waited for.
 */
// oxlint-disable-next-line max-params -- a row, who says what it has, and what it is
function listedOf(state: PeerState, row: TaskRow, from: LifeId, running: Set<string>): number | null {
  const { id } = row.spec
  const attempt = state.tasks.attemptAt(row, from) ?? row.attempt
  if (running.delete(attemptId(id, attempt))) return attempt
  if (row.second || isStream(row.spec) || state.makers.get(id)?.isRun || !state.unconfirmed.get(from)?.has(id))
    return null
  for (let earlier = attempt - 1; earlier > 0; earlier--) {
    if (!running.delete(attemptId(id, earlier))) continue
    state.tasks.goesOnAs(row, earlier)
    return earlier
  }
  return null
}

/** Whoever thought us dead ended the actor, and what it was asked: nobody can tell what of that it had done. */
function mayHaveRun({ spec, hosted }: TaskRow): boolean {
  return spec.call !== undefined || hosted !== null
}

function abortStray(state: PeerState, from: LifeId, id: string): void {
  const at = id.lastIndexOf('#')
  const attempt = Number(id.slice(at + 1))
  if (at < 1 || !Number.isSafeInteger(attempt) || attempt < 1) return void state.counters.strayed++
  takeBack(state, from, id.slice(0, at) as TaskId, attempt)
}

function reconcile(state: PeerState, from: LifeId, message: Extract<Message, { type: 'announce' }>): void {
  const has = new Map(message.holdings.map((note) => [note.object, note]))
  // The bytes of an outcome that is on its way are not waste.
  const listed = new Set<string | null>(message.attempts.map((id) => id.slice(0, id.lastIndexOf('#'))))
  for (const object of state.directory.heldBy(from)) {
    if (has.has(object)) continue
    const entry = state.directory.get(object) as Entry
    // What we took over may still count to others there: it looks, and says so when it has nothing.
    if (state.shared.get(object)?.isAdopted) say(state, from, { type: 'verify', object, hash: entry.hash })
    else state.directory.removeHolder(entry, from)
  }
  const coming = new Set(message.coming)
  for (const note of has.values()) {
    const entry = state.directory.get(note.object)
    const task = entry?.task ?? itemIn(note.object)?.task ?? null
    if (entry?.state === 'stored' && entry.hash === note.hash) state.directory.addHolder(entry, from)
    else if (entry?.state === 'pending' && listed.has(task)) entry.spared.add(from)
    // Judged when it comes; an item that had come before its peer was given up does not come again.
    else if (coming.has(note.object)) continue
    else if (foundHolder(state, from, note.object, note.hash)) continue
    else say(state, from, { type: 'free', object: note.object })
  }
}
