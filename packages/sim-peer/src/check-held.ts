// 3, 8: what is held is kept, and nothing else is. The simulator counts for itself who holds what: the
// handles of living contexts, what living values and pending specs have inside, outcomes on their way.

import type { LifeId, ObjectId, TaskId } from '@murmuration/core/internal'
import { resultOf } from '@murmuration/core/internal'
import { fail } from './fail.ts'
import type { SimPeer } from './peer.ts'

/** `holder` keeps it: `how` says by what. */
type Visit = (object: ObjectId, owner: LifeId, holder: string, how: string) => void

/** All that this peer keeps the owners of. */
function eachHeld(peer: SimPeer, visit: Visit): void {
  const { directory, tasks, transits, holds } = peer.state
  for (const runner of peer.runners()) {
    // What it asked for beside another attempt was not taken.
    if (peer.state.executor.ofTask(runner.id as string as TaskId).some(({ barred }) => barred !== null)) continue
    for (const [object, { owner }] of runner.handles()) visit(object, owner, runner.id, 'has a handle to it')
  }
  for (const entry of directory.all())
    for (const { object, owner } of entry.refs) visit(object, owner, entry.object, 'has it inside')
  for (const { state, spec } of tasks.all())
    if (state !== 'settled') for (const { object, owner } of spec.refs) visit(object, owner, spec.id, 'takes it')
  for (const { saying, objects } of transits.all())
    for (const object of objects) visit(object, holds.get(object)?.owner ?? peer.life, saying, 'has it in an outcome')
}

/** 3: what this peer holds, its owners have not freed. */
export function checkHeld(peer: SimPeer): void {
  if (peer.left) return
  eachHeld(peer, (object, owner, holder, how) => {
    const there = ownerOf(peer, object, owner)
    if (there) checkKept(there, peer, object, holder, how)
  })
}

/** 3: what this peer freed in its turn nobody else holds. */
export function checkFreed(peer: SimPeer): void {
  if (peer.freed.length === 0) return
  const freed = new Set(peer.freed.filter((object) => !peer.state.directory.get(object)))
  if (freed.size === 0) return
  for (const other of peer.world.alive()) {
    if (other === peer || other.left) continue
    eachHeld(other, (object, owner, holder, how) => {
      if (freed.has(object) && ownerOf(other, object, owner) === peer) checkKept(peer, other, object, holder, how)
    })
  }
  for (const object of freed) peer.world.custody.freed(peer.life, object)
}

/** Who is to keep it: the same object may have been given to it by another owner since. */
function ownerOf({ state, world }: SimPeer, object: ObjectId, owner: LifeId): SimPeer | null {
  return world.living(state.holds.get(object)?.owner ?? owner)
}

// oxlint-disable-next-line max-params -- who keeps what for whom, and why
function checkKept(there: SimPeer, by: SimPeer, object: ObjectId, holder: string, how: string): void {
  const { state, life } = by
  const { custody } = by.world
  if (there.left || there.state.directory.get(object) || state.directory.get(object)) return
  if (custody.isOrphan(object)) return
  // Asked in the place of an owner that is gone, here or by whoever handed it on, and never told of it: lost, not freed.
  if (custody.burials > 0 && !custody.wasEntered(there.life, object)) return
  // Another answers for it as well, or would when asked: it was adopted by more than one.
  if (by.world.alive().some((other) => other.state.directory.get(object) ?? other.state.guarded.find(object))) return
  // As long as its owner does not know of us, somebody else kept it for us, who may have given us up.
  const isKnown = custody.isBorrowed(there.life, object, life)
  const isBehind = custody.wasBuried(life) || custody.wasBuried(there.life) || custody.wasFreed(there.life, object)
  if (!isKnown && isBehind) return
  fail(there, `${object} was freed while ${holder} ${how} at ${life}`)
}

/** What a peer answers for it borrows of nobody: two that did so of each other would keep it for ever. */
export function checkOwn(peer: SimPeer): void {
  const { directory, holds, self } = peer.state
  for (const { object, owner, borrow } of holds.all())
    if (owner !== self && borrow !== 'none' && directory.get(object))
      fail(peer, `answers for ${object}, and borrows it of ${owner}`)
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
