// What must hold, judged from outside the peers: the invariants of docs/architecture.md by number, one
// function each. The tables' own invariants run inside the turns; these look across tables and peers.
//
//   always:      1 a task settles once, and every reader sees one value   `Witness` (as it happens)
//                3 nothing is freed while something holds it              `checkHeld`
//                4 no silent wait                                         `checkWaits`, `checkAttempts`
//                7 work out within the credits, queues within limits      `checkLimits`
//                8 a spec is kept exactly while it may be needed          `checkSpecs`
//               10 executions ≤ 1 + named causes                          `Witness` (at the end)
//   when quiet:  members agree                                            `checkMembers`
//                everything settled, copies complete, bytes where said    `checkObjects`, `checkStores`
//                nothing mentions the dead                                `checkNoDead`
//                after the last handle: nothing left at all               `checkEmpty`
//   no faults:   nobody is declared dead, nothing runs twice              `falseDeaths`, `checkOnce`
//
// 2, 5, 6 and 9 speak of epochs, ledgers, guardians and actors, and are checked with those.

import type { LifeId, ObjectId, PeerState } from '@murmuration/core/internal'
import { deadline, isOver, lineageBytes, resultOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { SimWorld } from './world.ts'

/** What must hold at any moment, faults or not. */
export function checkAlways(world: SimWorld): void {
  checkHeld(world)
  for (const peer of world.alive()) {
    if (peer.frozen || peer.left) continue
    checkWaits(peer)
    checkAttempts(peer)
    checkLimits(peer)
    checkSpecs(peer)
  }
}

/** With the faults over and the messages drained. */
export function checkQuiet(world: SimWorld): void {
  for (const peer of world.alive()) {
    checkMembers(world, peer)
    checkObjects(world, peer)
    checkStores(world, peer)
    checkNoDead(world, peer)
  }
}

/** 4: each pending row waits for a time, a message, or somebody who is not dead. */
export function checkWaits(peer: SimPeer): void {
  const { state } = peer
  for (const row of state.tasks.all()) {
    if (row.state === 'assigned' && row.at && state.members.ended(row.at))
      fail(peer, `${row.spec.id} is assigned to ${row.at}, whose life is over`)
    if (row.state !== 'waiting') continue
    for (const object of row.waitsFor)
      if (!willSettle(state, object, row.spec.refs.find((link) => link.object === object)?.owner))
        fail(peer, `${row.spec.id} waits for ${object}, which nobody makes`)
  }
  for (const row of state.elsewhere.unanswered())
    if (state.members.ended(row.owner) && !state.graves.has(row.owner))
      fail(peer, `an answer about ${row.object} is awaited from ${row.owner}, whose life is over`)
  for (const row of state.watches.all())
    if (!willSettle(state, row.object, row.owner)) fail(peer, `a program waits for ${row.object}, which nobody makes`)
  if (state.tasks.pending > 0 && deadline(state) === Number.POSITIVE_INFINITY)
    fail(peer, 'tasks are pending and the machine names no deadline')
}

function willSettle(state: PeerState, object: ObjectId, owner: LifeId | undefined): boolean {
  if (owner === undefined) return false
  if (owner !== state.self && !state.directory.get(object)) return state.elsewhere.get(object) !== undefined
  const entry = state.directory.get(object)
  if (!entry) return false
  if (entry.state === 'pending') {
    const row = entry.task ? state.tasks.get(entry.task) : undefined
    return row !== undefined && row.state !== 'settled'
  }
  if (entry.state === 'faded') return false
  if (entry.state === 'alias' && entry.alias) return willSettle(state, entry.alias.object, entry.alias.owner)
  return true
}

/** 4, at the executor: inputs are on their way, outcomes have somebody to go to or an end in sight. */
export function checkAttempts(peer: SimPeer): void {
  const { state } = peer
  for (const row of state.executor.all()) {
    for (const object of row.missing)
      if (!state.holdings.fetching(object)?.attempts.has(row.id))
        fail(peer, `${row.id} waits for ${object}, which is not fetched for it`)
    if (state.members.ended(row.owner) && row.orphanedAt === Number.POSITIVE_INFINITY && row.aborting === null)
      fail(peer, `${row.id} is kept for ever for ${row.owner}, whose life is over`)
    if (row.state === 'done' && row.unsaid.size === 0 && !state.members.ended(row.owner))
      fail(peer, `${row.id} is done and its outcome does not leave`)
    for (const object of row.unsaid)
      if (state.holds.get(object)?.borrow !== 'asked') fail(peer, `${row.id} waits for a borrow that nobody asked for`)
  }
  for (const objects of state.transits.values())
    if (state.members.ended(objects.to) && !state.graves.has(objects.to))
      fail(peer, `refs are kept for an outcome to ${objects.to}, whose life is over`)
}

/**
 * 3: what a living context has a handle to, and what a living value has inside, its owner has not
 * freed. Owners that buried the holder meanwhile were entitled to.
 */
export function checkHeld(world: SimWorld): void {
  for (const peer of world.alive()) {
    if (peer.left) continue
    for (const runner of peer.runners())
      for (const object of runner.handles())
        checkKept(world, peer, { object, owner: runner.ownerOf(object) as LifeId, why: 'has a handle to it' })
    for (const entry of peer.state.directory.all())
      for (const { object, owner } of entry.refs)
        checkKept(world, peer, { object, owner, why: `has it inside ${entry.object}` })
  }
}

function checkKept(
  world: SimWorld,
  by: SimPeer,
  { object, owner, why }: { object: ObjectId; owner: LifeId; why: string },
): void {
  // The same object may have been given to it by another owner since.
  const there = world.living(by.state.holds.get(object)?.owner ?? owner)
  if (!there || there.state.directory.get(object)) return
  if (world.hasBuried(there.peer, by.peer) || world.hasBuried(by.peer, there.peer)) return
  fail(there, `${object} was freed while ${by.peer} ${why}`)
}

/** 7: nobody has more out than anybody may grant, and what queues is bounded. */
export function checkLimits(peer: SimPeer): void {
  const { state } = peer
  const { maxCredits, maxTasks, keptSettled, storyLines } = state.config
  for (const { life } of state.members.all()) {
    if (state.scheduler.out(life) > maxCredits) fail(peer, `${state.scheduler.out(life)} attempts are out at ${life}`)
    if (state.executor.activeOf(life) > 2 * maxCredits) fail(peer, `${life} has ${state.executor.activeOf(life)} here`)
  }
  if (state.tasks.pending > maxTasks) fail(peer, `${state.tasks.pending} tasks are pending`)
  if ([...state.remembered.values()].length > keptSettled)
    fail(peer, `more than ${keptSettled} settled tasks are remembered`)
  for (const row of state.tasks.all())
    if (row.story.length > storyLines) fail(peer, `the story of ${row.spec.id} has ${row.story.length} lines`)
  const members = state.members.others().length + 1
  state.gossip.check(Math.max(64, 4 * members * members))
  if (lineageBytes(state) > state.config.lineageBytes) fail(peer, `${lineageBytes(state)} bytes are kept as lineage`)
}

/** 8: a settled task's spec is there exactly while its result could be lost and made again. */
export function checkSpecs(peer: SimPeer): void {
  const { state } = peer
  for (const row of state.tasks.all()) {
    if (row.state !== 'settled') continue
    const entry = state.directory.get(resultOf(row.spec.id))
    if (!row.lineage || !entry || !['stored', 'alias', 'faded'].includes(entry.state))
      fail(peer, `the spec of ${row.spec.id} is kept for a result that is ${entry?.state ?? 'gone'}`)
  }
  for (const entry of state.directory.all()) {
    if (!entry.task || !['stored', 'alias', 'faded', 'pending'].includes(entry.state)) continue
    if (!state.tasks.get(entry.task) && !state.notes.has(entry.object))
      fail(peer, `${entry.object} is ${entry.state} and could not be made again`)
  }
}

/** Everybody knows everybody who is there, and thinks nobody alive who is not. */
export function checkMembers(world: SimWorld, peer: SimPeer): void {
  for (const other of world.alive()) {
    const row = peer.state.members.get(other.peer)
    if (row?.life !== other.life || isOver(row.state) || row.state === 'suspect')
      fail(peer, `thinks that ${other.life} is ${row?.life} ${row?.state}`)
  }
  for (const row of peer.state.members.all())
    if (!isOver(row.state) && !world.living(row.life)) fail(peer, `thinks that ${row.life} lives`)
}

/** Everything asked for has settled; stored objects have their copies, at peers that have the bytes. */
export function checkObjects(world: SimWorld, peer: SimPeer): void {
  const { state } = peer
  if (state.tasks.pending > 0) fail(peer, `${state.tasks.pending} tasks are still pending`)
  const most = world.alive().length
  for (const entry of state.directory.all()) {
    if (entry.state === 'pending') fail(peer, `${entry.object} is still pending`)
    if (entry.state !== 'stored') continue
    if (entry.holders.size < Math.min(entry.copies, most))
      fail(peer, `${entry.object} has ${entry.holders.size} copies`)
    for (const life of entry.holders)
      if (!world.living(life)?.store.has(entry.object)) fail(peer, `${entry.object} is not at ${life}, as it should be`)
  }
}

/** The store has exactly what the table says, and each of these bytes is known to its owner. */
export function checkStores(world: SimWorld, peer: SimPeer): void {
  const { state } = peer
  for (const { object, owners } of state.holdings.all()) {
    if (!peer.store.has(object)) fail(peer, `${object} is said to be here, and is not`)
    for (const owner of owners) {
      const answers = world.living(owner)
      if (answers && !answers.state.directory.get(object)?.holders.has(peer.life))
        fail(peer, `keeps ${object}, of which ${owner} does not know`)
    }
  }
  for (const object of peer.store.keys())
    if (!state.holdings.has(object)) fail(peer, `the bytes of ${object} are here and in no table`)
  for (const code of peer.bundles) if (!state.code.has(code)) fail(peer, `bundle ${code} is here and in no table`)
  if (peer.bundles.size !== state.code.size) fail(peer, 'a bundle is said to be here, and is not')
}

/** No table but the tombstones mentions a life that is over. */
export function checkNoDead(world: SimWorld, peer: SimPeer): void {
  const { state } = peer
  const mentioned: readonly (readonly [string, Iterable<LifeId>])[] = [
    ['a session', state.sessions.lives()],
    ['a grave', state.graves.keys()],
    ['letters', state.letters.keys()],
    ['attempts', [...state.executor.all()].map((row) => row.owner)],
    ['borrowers', [...state.holds.all()].flatMap((row) => [...row.borrowers])],
    ['holders', [...state.directory.all()].flatMap((row) => [...row.holders, ...row.copying, ...row.wantedBy])],
    ['bytes', [...state.holdings.all()].flatMap((row) => [...row.owners])],
    ['unconfirmed work', state.unconfirmed.keys()],
  ]
  for (const [what, lives] of mentioned)
    for (const life of lives) if (!world.living(life)) fail(peer, `there is ${what} of ${life}, whose life is over`)
}

/** After the last handle has gone, too: nothing is left of the work. */
export function checkEmpty(world: SimWorld): void {
  for (const peer of world.alive()) {
    const { state } = peer
    const left: Record<string, number> = {
      tasks: state.tasks.size,
      objects: state.directory.size,
      holds: state.holds.size,
      attempts: state.executor.size,
      elsewhere: state.elsewhere.size,
      watches: state.watches.size,
      transits: state.transits.size,
      deliveries: state.deliveries.size,
      partings: state.partings.size,
      unsaid: state.unsaid.size,
      cancelling: state.cancelling.size,
      durables: state.durables.size,
      inspections: state.inspections.size,
      aliases: state.aliases.size,
      notes: state.notes.size,
      fetches: [...state.holdings.fetches()].length,
      holdings: state.holdings.size,
      store: peer.store.size,
      lineageBytes: lineageBytes(state),
      bundles: Math.max(0, state.code.size - state.config.maxCodes),
      unread: [...state.sessions.lives()].reduce((sum, life) => sum + state.sessions.queued(life), 0),
    }
    for (const [name, count] of Object.entries(left))
      if (count !== 0) fail(peer, `${count} ${name} left behind: ${sample(state, name)}`)
  }
}

function sample(state: PeerState, name: string): string {
  const tables: Record<string, () => unknown> = {
    tasks: () => [...state.tasks.all()].slice(0, 2).map((row) => [row.spec.id, row.spec.fn, row.state]),
    objects: () => [...state.directory.all()].slice(0, 2).map((row) => [row.object, row.state]),
    holds: () => [...state.holds.all()].slice(0, 2).map((row) => ({ ...row, borrowers: [...row.borrowers] })),
    attempts: () => [...state.executor.all()].slice(0, 2).map((row) => [row.id, row.state, row.owner]),
    holdings: () => [...state.holdings.all()].slice(0, 2),
  }
  return JSON.stringify(tables[name]?.() ?? '')
}

/** Without faults: deaths that nobody ordered. */
export function falseDeaths(world: SimWorld, killed: ReadonlySet<string>): string[] {
  return world.notices
    .filter(({ notice }) => notice.type === 'peer:died' && !killed.has(notice.peer))
    .map(({ by, notice }) => `${by} buried ${'peer' in notice ? notice.peer : ''}`)
}

/** Without faults nothing runs twice, but for what the task itself gave as a reason. */
export function checkOnce(world: SimWorld): void {
  const own = new Map<string, number>()
  for (const { notice } of world.notices) {
    if (notice.type !== 'task:retried' || !/^(RangeError|attemptTimeoutMs):/.test(notice.reason)) continue
    own.set(notice.task, (own.get(notice.task) ?? 0) + 1)
  }
  for (const [task, count] of world.witness.executions)
    if (count > 1 + (own.get(task) ?? 0)) throw new Error(`without faults ${task} was executed ${count} times`)
}

function fail(peer: SimPeer, what: string): never {
  throw new Error(`${peer.life}: ${what}`)
}
