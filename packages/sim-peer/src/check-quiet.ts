// What must hold when the faults are over and the messages drained; and what must hold in the end,
// when the last handle has gone too.

import type { LifeId, ObjectId, PeerState, TaskId } from '@murmuration/core/internal'
import { hasRoomForCopy, isOver, itemIn, lineageBytes, resultOf } from '@murmuration/core/internal'
import { fail } from './fail.ts'
import type { SimPeer } from './peer.ts'
import { isStranded } from './stranded.ts'
import type { Entry, TaskRow } from './tables.ts'
import type { SimWorld } from './world.ts'

/** With the faults over and the messages drained. */
export function checkQuiet(world: SimWorld): void {
  for (const peer of world.alive()) {
    checkMembers(world, peer)
    checkObjects(world, peer)
    checkStores(world, peer)
    checkNoDead(world, peer)
  }
}

/** Everybody knows everybody who is there, and thinks nobody alive who is not. */
function checkMembers(world: SimWorld, peer: SimPeer): void {
  const peers = world.alive()
  for (const other of peers) {
    const row = peer.state.members.get(other.peer)
    if (row?.life !== other.life || isOver(row.state) || row.state === 'suspect')
      fail(peer, `thinks that ${other.life} is ${row?.life} ${row?.state}`)
    // Among many it is a matter of chance who has met whom by now.
    if (row.hearsay && other !== peer && peers.length <= 6) fail(peer, `has never met ${other.life}`)
  }
  for (const row of peer.state.members.all())
    if (!isOver(row.state) && !world.living(row.life)) fail(peer, `thinks that ${row.life} lives`)
}

/** Everything asked for that somebody could run has settled; stored objects have their copies, at peers that have the bytes. */
function checkObjects(world: SimWorld, peer: SimPeer): void {
  const { state } = peer
  for (const row of state.tasks.all())
    if (row.state !== 'settled' && !mayPend(world, row)) fail(peer, `${row.spec.id} (${row.spec.fn}) is still pending`)
  for (const entry of state.directory.all()) {
    if (entry.state === 'pending' && !mayPend(world, entry.task && state.tasks.get(entry.task)))
      fail(peer, `${entry.object} is still pending`)
    if (entry.state !== 'stored') continue
    const able = world.alive().filter((other) => entry.holders.has(other.life) || couldKeep(other, peer, entry)).length
    if (entry.holders.size < Math.min(entry.copies, able))
      fail(
        peer,
        `${entry.object} has ${entry.holders.size} of ${entry.copies} copies, and ${able} peers could keep one`,
      )
    for (const life of entry.holders)
      if (!isAt(world, life, entry)) fail(peer, `${entry.object} is not at ${life}, as it should be`)
  }
}

function mayPend(world: SimWorld, row: TaskRow | null | undefined): boolean {
  return isLiving(world, row) || (!!row && isStranded(world, row))
}

/** An actor that somebody has a handle on is never done; it lives somewhere, and whoever answers for it knows where. */
function isLiving(world: SimWorld, row: TaskRow | null | undefined): boolean {
  if (!row?.spec.actor || row.at === null || row.hosted === null) return false
  return world.living(row.at)?.state.residents.get(resultOf(row.spec.id))?.state === 'open'
}

/** The last copy may have given way to another owner's bytes of that name: whoever reads it finds that out. */
function isAt(world: SimWorld, life: LifeId, { object, hash, holders }: Entry): boolean {
  const holder = world.living(life)
  if (!holder?.store.has(object)) return false
  return holders.size === 1 || holder.state.holdings.get(object)?.hash === hash
}

/** Other bytes of that name, which another owner counts on there, are not given up for these. */
function couldKeep(peer: SimPeer, owner: SimPeer, { object, size, hash }: Entry): boolean {
  const here = peer.state.holdings.get(object)
  if (here && here.hash !== hash && [...here.owners].some((other) => other !== owner.life)) return false
  return peer.store.limitBytes > 0 && peer.store.fits(size) && hasRoomForCopy(peer.state, size, peer.now())
}

/** The store has exactly what the table says, and each of these bytes is known to its owner. */
function checkStores(world: SimWorld, peer: SimPeer): void {
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
    if (!state.holdings.has(object) && !state.foundlings.get(object))
      fail(peer, `the bytes of ${object} are here and in no table`)
  for (const { object } of state.foundlings.all())
    if (!peer.store.has(object)) fail(peer, `${object} was found here, and is not`)
  for (const code of peer.bundles) if (!state.code.has(code)) fail(peer, `bundle ${code} is here and in no table`)
  if (peer.bundles.size !== state.code.size) fail(peer, 'a bundle is said to be here, and is not')
}

/** No table but the tombstones, whose addresses are tried for a while, mentions a life that is over; nor refs, unless a program keeps them. */
function checkNoDead(world: SimWorld, peer: SimPeer): void {
  for (const [what, lives] of mentioned(peer.state))
    for (const life of lives) if (!world.living(life)) fail(peer, `there is ${what} of ${life}, whose life is over`)
  for (const { life } of world.lives()) {
    if (world.living(life)) continue
    if (peer.state.detector.observes(life)) fail(peer, `${life} is observed, whose life is over`)
    if (peer.told.has(life)) fail(peer, `there are credits of ${life}, whose life is over`)
    for (const row of peer.state.elsewhere.of(life))
      if (!row.located) fail(peer, `${life} is awaited to speak of ${row.object}, and its life is over`)
  }
}

function mentioned(state: PeerState): readonly (readonly [string, Iterable<LifeId>])[] {
  return [
    ['a session', state.sessions.lives()],
    ['a grave', state.graves.keys()],
    ['letters', state.letters.keys()],
    [
      'signals',
      [...state.signals].filter(([, said]) => said.some(({ type }) => type !== 'sync')).map(([life]) => life),
    ],
    ['favours', state.favours.keys()],
    ['attempts', [...state.executor.all()].map((row) => row.owner)],
    ['borrowers', [...state.holds.all()].flatMap((row) => [...row.borrowers])],
    // Handles, values and lineage may name what is lost for good.
    ['holds', [...state.holds.all()].filter((row) => row.spec + row.transit > 0).map((row) => row.owner)],
    ['holders', [...state.directory.all()].flatMap((row) => [...row.holders, ...row.copying, ...row.wantedBy])],
    // Bytes that are still read, or might be by what is made again, outlive their owner.
    [
      'bytes',
      [...state.holdings.all()].filter((row) => !state.holds.get(row.object)).flatMap((row) => [...row.owners]),
    ],
    ['unconfirmed work', state.unconfirmed.keys()],
    ['transits', [...state.transits.all()].map((row) => row.to)],
    ['deliveries', [...state.deliveries.values()].map((row) => row.to)],
  ]
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
      residents: state.residents.size,
      // That an actor is over is remembered for its time.
      leases: [...state.leases.all()].filter(({ over }) => over === null).length,
      callees: state.callees.size + state.replies.size,
      names: state.names.size + state.names.changing.size,
      changes: state.changes.size,
      makers: state.makers.size,
      streams: state.streams.size,
      readings: state.readings.size,
      fetches: [...state.holdings.fetches()].length,
      holdings: state.holdings.size,
      // What nobody answers for is kept for its time.
      store: peer.store.size - state.foundlings.size,
      lineageBytes: lineageBytes(state),
      bundles: Math.max(0, state.code.size - state.config.maxCodes),
      unread: [...state.sessions.lives()].reduce((sum, life) => sum + state.sessions.queued(life), 0),
    }
    for (const [name, count] of Object.entries(left))
      if (count !== 0) fail(peer, `${count} ${name} left behind: ${sample(state, name)}`)
  }
}

/** Nor is anything left in the queues of work that could run. */
export function checkQueues(world: SimWorld): void {
  for (const peer of world.alive()) {
    const { readyCount } = peer.state.scheduler
    if (readyCount !== 0) fail(peer, `${readyCount} ready tasks are queued, of which there are none`)
  }
}

function sample(state: PeerState, name: string): string {
  const tables: Record<string, () => unknown> = {
    tasks: () => [...state.tasks.all()].slice(0, 2).map((row) => [row.spec.id, row.spec.fn, row.state]),
    objects: () => [...state.directory.all()].slice(0, 2).map((row) => [row.object, row.state]),
    holds: () => [...state.holds.all()].slice(0, 2).map((row) => ({ ...row, borrowers: [...row.borrowers] })),
    attempts: () => [...state.executor.all()].slice(0, 2).map((row) => [row.id, row.state, row.owner]),
    holdings: () => [...state.holdings.all()].slice(0, 2),
    transits: () => [...state.transits.all()].slice(0, 2),
    partings: () => [...state.partings.keys()].slice(0, 2),
    leases: () => [...state.leases.all()].slice(0, 2),
    notes: () => [...state.notes].slice(0, 2),
  }
  return JSON.stringify(tables[name]?.() ?? '')
}

/** Without faults: deaths, of which nobody ordered any. */
export function falseDeaths(world: SimWorld): string[] {
  return world.notices
    .filter(({ notice }) => notice.type === 'peer:died')
    .map(({ by, notice }) => `${by} buried ${'peer' in notice ? notice.peer : ''}`)
}

/**
 * Without faults nothing runs twice, but for what the task itself gave as a reason, or its parent: one that is
 * given back for want of memory right after it has asked for a child is run again before any ledger tells of that.
 */
export function checkOnce(world: SimWorld): void {
  const own = new Map<string, number>()
  for (const { notice } of world.notices) {
    const isHedge = notice.type === 'task:hedged'
    // A stream's reader that is run again reads from the beginning: what it had taken is made again.
    const isReadAgain = notice.type === 'object:rebuilt' && isOfStream(notice.object, notice.task)
    if (
      !isHedge &&
      !isReadAgain &&
      (notice.type !== 'task:retried' || !/^(RangeError|attemptTimeoutMs)|OVERLOADED|memory/.test(notice.reason))
    )
      continue
    own.set(notice.task, (own.get(notice.task) ?? 0) + 1)
  }
  for (const [task, count] of world.witness.executions)
    if (count > world.witness.runsOfParent(task) + (own.get(task) ?? 0))
      throw new Error(`without faults ${task} was executed ${count} times`)
}

function isOfStream(object: ObjectId, task: TaskId): boolean {
  return itemIn(object) !== null || object === resultOf(task)
}
