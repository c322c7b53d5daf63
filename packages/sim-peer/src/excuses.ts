// What a program may be told instead of a value, after all that was done to the mesh. A named reason
// is believed only when the simulator saw it: a lost owner must have died, what was freed must have
// been kept by somebody who was thought dead for longer than the grace, and so on.

import type { Failure, LifeId, ObjectId } from '@murmuration/core/internal'
import { presets } from '@murmuration/core/internal'
import type { SimWorld } from './world.ts'

type Verdict = (world: SimWorld, object: ObjectId, why: string) => boolean

/** The sentences in which a loss is told, and when they are true. */
const losses: readonly (readonly [RegExp, Verdict])[] = [
  [
    /^the peer that answered for it is gone/,
    (world, object) => world.custody.wasForgotten(object) || isOwnerGone(world, object),
  ],
  [/^its owner has let go of it/, (world, object) => isUnheard(world, object) || isFromBefore(world, object)],
  // Whether that was just is checked as it happens. What was put inside a task is put again by it.
  [/^it was put, and/, (world, object) => isHarmed(world) && (!world.durability.isMade(object) || isForgetful(world))],
  [/^it was put inside .* \(rebuilds\)|^it may be made again/, isHarmed],
  [/^it was put inside .* failed before/, (world, _object, why) => isExcusedEnd(world, why)],
  [/^its lineage was dropped/, isForgetful],
]

/** Other ends that a program does not bring about itself. */
const ends: readonly (readonly [RegExp, (world: SimWorld) => boolean])[] = [
  // Long enough without a majority, or without anybody who answers for it.
  [/nobody could say where its actor lives/, (world) => !world.isCalm],
  // Whoever had one was thought dead until its grace was over.
  [
    /nobody has a handle on it any more|its owner is gone|what it answered last may be lost|its state was let go of/,
    (world) => world.custody.burials > 0,
  ],
  [/maxTasks/, (world) => world.config.maxTasks < presets.test.maxTasks],
  [/there is no room for|given back: memory/, (world) => world.isCramped],
  [/its owner is gone/, (world) => world.custody.burials > 0],
  [/peers died while running it/, (world) => world.custody.burials >= world.config.poisonLives],
  [/failed after \d+ attempts?:/, (world) => world.witness.isImpatient && !world.isCalm],
  // There were not so many to ask.
  [/: votes: \d+ takes the same result from 2 peers/, (world) => able(world) < 2],
  // Whoever may not run it here had nobody else: they left, or run nothing.
  [/label is p\d+ is yes/, () => true],
  [/^no peer can run|: no peer can run/, (world) => world.custody.burials > 0 || world.isScattered],
]

export function isExcused(world: SimWorld, failure: Failure): boolean {
  const text = `${failure.code}: ${failure.message}`
  // A failure that led to others is the last one in their sentences.
  const lost = [...text.matchAll(/(?:object |the result of \S+ \()([^\s)]+)\)? is lost: /g)].at(-1)
  if (lost) {
    const object = lost[1] as ObjectId
    const [why = ''] = text.slice(lost.index + lost[0].length).split('; ')
    return losses.some(([sentence, isTrue]) => sentence.test(why) && isTrue(world, object, why))
  }
  return isExcusedEnd(world, text)
}

function isExcusedEnd(world: SimWorld, text: string): boolean {
  return ends.some(([sentence, isTrue]) => sentence.test(text) && isTrue(world))
}

/** Somebody was thought dead, or bytes went bad. */
function isHarmed({ custody, corruptions }: SimWorld): boolean {
  return custody.burials > 0 || corruptions > 0
}

/** Lineage is dropped before a run is over. */
function isForgetful({ config }: SimWorld): boolean {
  return config.lineageBytes < presets.test.lineageBytes
}

/** Whoever thinks its owner dead hands it on without a word to that one, who frees what nobody it knows of holds. */
function isUnheard(world: SimWorld, object: ObjectId): boolean {
  const { custody } = world
  return world.ownersOf(object).some((life) => custody.wasBuried(life) && custody.wasFreed(life, object))
}

/** It was let go of while somebody was thought dead who still goes by what a ledger told before that. */
function isFromBefore(world: SimWorld, object: ObjectId): boolean {
  const { custody } = world
  if (custody.isOrphan(object)) return true
  const isFreed = world.ownersOf(object).some((life) => custody.wasFreed(life, object))
  return isFreed && world.alive().some(({ life }) => custody.wasClosed(life))
}

/** Whoever answered for it is dead or has left, or was thought so until its grace was over. */
function isOwnerGone(world: SimWorld, object: ObjectId): boolean {
  const isGone = (life: LifeId): boolean => {
    const peer = world.living(life)
    if (!peer || peer.left) return world.custody.hasNoHeir(life, object)
    return world.custody.wasClosed(life)
  }
  return world.ownersOf(object).some(isGone)
}

function able(world: SimWorld): number {
  return world.alive().filter(({ state }) => state.executor.slots > 0).length
}
