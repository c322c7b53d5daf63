// 7: nobody has more out than it was granted, every queue has its bound; and work goes only where it
// may: to peers that answered for themselves, that have what it needs, to workers there may be.

import type { Effect, LifeId, Order } from '@murmuration/core/internal'
import { askersOf, isApart, lineageBytes, peerOf, resultOf } from '@murmuration/core/internal'
import { fail } from './fail.ts'
import { roomFor, satisfies } from './needs.ts'
import type { SimPeer } from './peer.ts'
import { isOfVote } from './witness.ts'

/** What was given out in this turn. */
export function checkGiven(peer: SimPeer): void {
  for (const given of peer.given)
    if (peer.state.tasks.attemptAt(given.row, given.to) !== null) checkAssignment(peer, given)
}

function checkAssignment(peer: SimPeer, { row: { spec, rejoin }, to: at }: SimPeer['given'][number]): void {
  const { members, tasks } = peer.state
  // A call goes to where its actor is said to live, whoever that is.
  if (spec.call) return
  const member = members.get(peerOf(at))
  if (!member?.profile || member.life !== at)
    return fail(peer, `${spec.id} was given to ${at}, of whom nothing is known`)
  if (member.hearsay && at !== peer.life) fail(peer, `${spec.id} was given to ${at}, who has not answered yet`)
  if (member.state !== 'alive') fail(peer, `${spec.id} was given to ${at}, who is ${member.state}`)
  const { needs } = spec.policy
  if (!satisfies(member.profile, needs))
    fail(peer, `${spec.id} was given to ${at}, who has not what it needs: ${JSON.stringify(needs)}`)
  // What runs there already, for an owner that is gone, takes nothing.
  if (rejoin === at) return
  const there = tasks.assignedTo(at).filter((row) => row.rejoin !== at && !isApart(row.spec))
  // What we take of our own work we know at once.
  const own = at === peer.life ? (peer.ownGrant ?? 0) : 0
  const most = Math.max(own, peer.told.get(at) ?? member.profile.slots)
  if (there.length > most && !spec.actor) fail(peer, `${there.length} attempts are out at ${at}, who takes ${most}`)
  if (!needs.resources) return
  const deep = there.filter((other) => other.spec.depth >= spec.depth)
  const taken = deep.map((other) => other.spec.policy.needs)
  if (roomFor(member.profile, needs, taken) < 0) fail(peer, `${at} has not the resources for all that is there`)
}

/** Where an attempt begins to run. */
export function checkRun(peer: SimPeer, { spec }: Order): void {
  const { profile } = peer.state.members.me
  if (profile && !satisfies(profile, spec.policy.needs))
    fail(peer, `${spec.id} runs here, where it must not: ${JSON.stringify(spec.policy.needs)}`)
}

/** With so many workers in use one more is taken only for what is deeper than all that wait, or when all of them have waited for a while. */
export function checkWorkers(peer: SimPeer, effects: readonly Effect[]): void {
  if (!effects.some(({ type }) => type === 'run')) return
  const { executor, config } = peer.state
  const inUse = new Set(peer.workers.busy())
  // What begins later in this turn did not run yet.
  const later = new Set(effects.flatMap((effect) => (effect.type === 'run' ? effect.batch.map(({ id }) => id) : [])))
  for (const effect of effects) {
    if (effect.type !== 'run' || effect.batch.some(({ spec }) => isApart(spec))) continue
    const runs = [...executor.all()].some(
      ({ id, state, spec }) => state === 'running' && !isApart(spec) && !later.has(id),
    )
    for (const { id } of effect.batch) later.delete(id)
    if (inUse.has(effect.worker)) continue
    inUse.add(effect.worker)
    if (inUse.size <= config.maxWorkers || !runs) continue
    let deepest = -1
    for (const row of executor.all()) if (row.state === 'blocked') deepest = Math.max(deepest, row.spec.depth)
    for (const { id, spec } of effect.batch)
      if (spec.depth <= deepest) fail(peer, `worker ${effect.worker} of ${config.maxWorkers} is taken for ${id}`)
  }
}

/**
 * What several ask for counts to each of them, and to nobody else. What a peer has out at itself is among it: else what
 * it granted itself is used up before it knows.
 */
export function checkShares(peer: SimPeer): void {
  const { executor, members, scheduler, self } = peer.state
  const shares = new Map<LifeId, { active: number; blocked: number }>()
  for (const { life } of members.all()) shares.set(life, { active: 0, blocked: 0 })
  for (const row of executor.all()) {
    if (isApart(row.spec)) continue
    for (const owner of askersOf(row)) {
      const share = shares.get(owner) ?? { active: 0, blocked: 0 }
      shares.set(owner, share)
      share.active++
      if (row.state === 'blocked') share.blocked++
    }
  }
  for (const [life, { active, blocked }] of shares) {
    const counted = executor.shareOf(life)
    if (counted.active === active && counted.blocked === blocked) continue
    const said = `count as ${counted.active} and ${counted.blocked}`
    fail(peer, `${active} attempts of ${life}, of which ${blocked} wait, ${said}`)
  }
  const out = scheduler.out(self)
  const own = executor.shareOf(self).active
  if (out > own) fail(peer, `${out} attempts are out at itself, and count as ${own}`)
}

/** What queues is bounded. */
export function checkLimits(peer: SimPeer): void {
  const { state } = peer
  const { maxCredits, maxTasks, keptSettled, storyLines, storyRows, storyTroubles } = state.config
  for (const { life, profile } of state.members.all()) {
    const { length } = state.tasks.assignedTo(life).filter(({ spec }) => !isApart(spec))
    // Before anything was granted its slots count.
    if (length > Math.max(maxCredits, profile?.slots ?? 0)) fail(peer, `${length} attempts are out at ${life}`)
    if (state.executor.shareOf(life).active > 2 * maxCredits)
      fail(peer, `${life} has ${state.executor.shareOf(life).active} here`)
  }
  if (state.tasks.pending > maxTasks) checkAsked(peer)
  let remembered = 0
  for (const _ of state.remembered.values()) remembered++
  if (remembered > keptSettled) fail(peer, `${remembered} settled tasks are remembered`)
  if (state.story.size > storyRows + storyTroubles) fail(peer, `${state.story.size} rows of story are kept`)
  for (const row of state.tasks.all())
    if (row.story.length > storyLines) fail(peer, `the story of ${row.spec.id} has ${row.story.length} lines`)
  const members = state.members.others().length + 1
  state.gossip.check(Math.max(64, 4 * members * members))
  if (lineageBytes(state) > state.config.lineageBytes) fail(peer, `${lineageBytes(state)} bytes are kept as lineage`)
}

/**
 * What a guardian takes over it cannot refuse: that is bounded by the ledgers of those who are gone. Ballots, and
 * what compares them, belong to a task that was taken.
 */
function checkAsked(peer: SimPeer): void {
  const { tasks, shared, config } = peer.state
  let asked = 0
  for (const { spec, state } of tasks.all())
    if (state !== 'settled' && !isOfVote(spec.id) && shared.get(resultOf(spec.id))?.isAdopted !== true) asked++
  if (asked > config.maxTasks) fail(peer, `${asked} tasks are pending`)
}
