// Why an actor, or a call of one, has come to nothing yet: where the actor is, or who is asked whether it may be there,
// which call has its turn before that one, since when, and what happens next. `state/explaining.ts` makes the tree.

import { compareEpochs } from '../model/actor.ts'
import type { Instant, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import { never, peerOf } from '../model/ids.ts'
import type { Callee } from './callees.ts'
import { nameOf } from './names.ts'
import type { PeerState } from './peer-state.ts'
import type { Resident } from './residents.ts'
import type { RunRow } from './runs.ts'
import type { TaskRow } from './tasks.ts'

/** A sentence, and what stands below it: what it waits for, here or at another peer. */
export interface Why {
  readonly text: string
  readonly below?: string | undefined
  readonly ask?: { readonly at: LifeId; readonly task: TaskId } | undefined
}

export function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`
}

/** Of a call, where it was made; null when it is there, or waits as any task does. */
export function whyNotSent(state: PeerState, row: TaskRow, now: Instant): Why | null {
  const { call, context, id, fn } = row.spec
  const callee = call && state.callees.get(call.actor)
  if (!callee || (row.state !== 'ready' && row.state !== 'retrying')) return null
  const since = `${fn} (${id}), asked for ${seconds(now - row.submittedAt)} ago,`
  const line = callee.lines.get(context) ?? []
  const first = line[0]?.task ?? id
  const before = line.findIndex(({ task }) => task === id)
  const [ahead] = callee.out
  if (before > 0)
    return {
      text: `${since} goes to its actor after ${calls(before)} that its caller made before it, first ${named(state, first)}`,
      below: first,
    }
  if (callee.at !== null && callee.out.size < state.config.callsAhead)
    return { text: `${since} goes to its actor on ${nameAt(state, callee.at)}` }
  if (callee.at !== null)
    return {
      text: `${since} goes to its actor on ${nameAt(state, callee.at)} when one of ${calls(callee.out.size)} there has ended`,
      below: ahead,
    }
  return {
    text: `${since} waits for its actor: nobody has said where it lives${untilGivenUp(callee, now)}`,
    ...whoKnows(state, row, callee),
  }
}

function untilGivenUp({ askAt, by }: Callee, now: Instant): string {
  const again = askAt === never ? '' : `; asked again in ${seconds(askAt - now)}`
  return by === never ? again : `${again}; ACTOR_UNAVAILABLE in ${seconds(by - now)}, unless it is being made`
}

/** Whoever answers for the actor: here, or where to ask. */
function whoKnows(state: PeerState, { spec }: TaskRow, { actor, meant }: Callee): Pick<Why, 'below' | 'ask'> {
  const task = meant as string as TaskId
  if (state.tasks.get(task)) return { below: task }
  const owner = state.holds.get(meant)?.owner ?? spec.refs.findLast(({ object }) => object === actor)?.owner
  return owner === undefined || owner === state.self ? {} : { ask: { at: owner, task } }
}

/** Of an actor, where it is answered for; null for what is none. */
export function whereActor(state: PeerState, row: TaskRow, now: Instant): string | null {
  const { spec, attempt, hosted, waitsFor, at, assignedAt, retryAt } = row
  if (!spec.actor) return null
  const it = `actor ${spec.fn} (${spec.id})`
  const search = state.names.get(spec.policy.name ?? '')
  const { found } = state.names.changing.get(spec.id) ?? {}
  if (found)
    return `${it} waits until the actor that has the name '${spec.policy.name}' goes on with its code: ${nameAt(state, found.owner)} answers for that (${found.object})`
  if (waitsFor.has(nameOf(spec)) && search)
    return `${it} waits for its name: ${search.waits.size} peers have not said whether they have '${search.name}'; it is taken for free in ${seconds(search.by - now)}`
  const which = `incarnation ${Math.max(1, attempt)}`
  if (row.state === 'retrying')
    return `${it} is restarted in ${seconds(retryAt - now)}: ${which} is over, and ${restarts(row)} left`
  if (at === null) return null
  const where = `on ${nameAt(state, at)} for ${seconds(now - assignedAt)}`
  if (hosted) return `${it} lives ${where}, as ${which}`
  return `${it} is ${attempt > 1 ? 'being restarted' : 'begun'} ${where}, as ${which}; ${restarts(row)} left`
}

function restarts({ retriesLeft }: TaskRow): string {
  if (retriesLeft === Number.POSITIVE_INFINITY) return 'restarts without limit are'
  return retriesLeft === 1 ? '1 restart is' : `${retriesLeft} restarts are`
}

/** Of an actor that was given to this peer, or of a call that came for one; null for any other attempt. */
export function whyNotYet(state: PeerState, run: RunRow, now: Instant): Why | null {
  const { spec } = run
  if (spec.actor) {
    const row = state.residents.get(spec.id as string as ObjectId)
    return row?.run === run ? { text: `actor ${spec.fn} (${spec.id}) ${living(state, row, now)}` } : null
  }
  return spec.call ? inMailbox(state, run, spec.call.actor) : null
}

function living(state: PeerState, row: Resident, now: Instant): string {
  const { standing, tenure, run, running, livedFrom, heldBack, actor } = row
  const which = `incarnation ${run.attempt}`
  if (standing) {
    const { votes, group, since, againAt, tries, epoch } = standing
    const yes = [...votes.values()].filter(({ granted, epoch: of }) => granted && compareEpochs(of, epoch) === 0).length
    return `is to live here, as ${which}: ${yes} of ${group.length} of its group have promised so far, for ${seconds(now - since)}; asked again in ${seconds(againAt - now)}, after ${tries === 1 ? '1 time' : `${tries} times`}`
  }
  if (tenure && row.state === 'leasing')
    return `waits here for its lease, as ${which}; asked for again in ${seconds(tenure.renewAt - now)}`
  if (row.state === 'building') return `is being made here, as ${which}, in worker ${row.worker}`
  const mail = state.residents.mailOf(actor).size
  const busy = `${running.size} calls run and ${mail} wait${heldBack.length === 0 ? '' : `, and ${heldBack.length} replies wait to be kept`}`
  return `lives here, as ${which}, for ${seconds(now - livedFrom)}: ${busy}${pause(row, now)}`
}

/** Why no call begins although it is there. */
function pause({ isAsked, draft, tenure }: Resident, now: Instant): string {
  if (draft) return '; no call begins until guardians could answer for what its checkpoint names'
  if (isAsked) return '; no call begins while its checkpoint is taken'
  if (tenure && now >= tenure.until)
    return `; no call begins: its lease ran out ${seconds(now - tenure.until)} ago, and is asked for again in ${seconds(tenure.renewAt - now)}`
  return ''
}

function inMailbox(state: PeerState, run: RunRow, actor: ObjectId): Why | null {
  const row = state.residents.get(actor)
  const it = `${run.spec.fn} (${run.spec.id})`
  const below = actor as string
  if (run.state === 'done') {
    const version = row?.heldBack.find(({ id }) => id === run.id)?.version
    if (version === undefined || !row) return null
    const until =
      version === 0 ? 'the lease of its actor stands again' : 'most of the group has the checkpoint that it is in'
    return { text: `${it} has run here; its reply leaves when ${until}`, below }
  }
  const mail = [...state.residents.mailOf(actor)]
  const nth = mail.indexOf(run.id)
  if (nth >= 0) {
    const first = [...(row?.running.keys() ?? []), ...mail.slice(0, nth)][0]
    const ahead = (row?.running.size ?? 0) + nth
    const after = ahead === 0 || first === undefined ? '' : ` after ${calls(ahead)}, first ${runNamed(state, first)}`
    const args = run.missing.size === 0 ? '' : `; ${run.missing.size} of its arguments are on their way`
    return {
      text: `${it} is in the mailbox of its actor here${after}${args}`,
      below: first !== undefined && isServing(row) ? taskOf(state, first) : below,
    }
  }
  if (!row?.running.has(run.id)) return null
  const given = [...row.running.keys()]
  const place = given.indexOf(run.id)
  if (place < (row.run.spec.actor?.concurrency ?? 1)) return null
  const first = given[0] as RunRow['id']
  return {
    text: `${it} is in the worker of its actor here, after ${calls(place)}, first ${runNamed(state, first)}`,
    below: taskOf(state, first),
  }
}

function isServing(row: Resident | undefined): boolean {
  return row?.state === 'open' && !row.isAsked
}

function calls(count: number): string {
  return count === 1 ? '1 call' : `${count} calls`
}

function taskOf({ executor }: PeerState, run: RunRow['id']): string | undefined {
  return executor.get(run)?.spec.id
}

function runNamed({ executor }: PeerState, run: RunRow['id']): string {
  const spec = executor.get(run)?.spec
  return spec ? `${spec.fn} (${spec.id})` : run
}

function named({ tasks }: PeerState, task: TaskId): string {
  return `${tasks.get(task)?.spec.fn ?? 'a call'} (${task})`
}

function nameAt({ members }: PeerState, life: LifeId): string {
  return members.nameOf(peerOf(life))
}
