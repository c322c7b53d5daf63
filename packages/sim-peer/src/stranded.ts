// Tasks that are asked for still and that nobody can run: whoever had their bundle is dead, or left before
// anybody else fetched it. Without end to their retries they are tried until their program brings it again.

import type { CodeId, ObjectId } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { TaskRow } from './tables.ts'
import type { SimWorld } from './world.ts'

/** It, or what it waits for. */
export function isStranded(world: SimWorld, { spec, waitsFor }: TaskRow): boolean {
  if (world.alive().every(({ bundles }) => !bundles.has(spec.code))) return true
  return [...waitsFor].some((object) => makersOf(world, object).some((row) => isStranded(world, row)))
}

/** Tasks that are to make that still. */
function makersOf(world: SimWorld, object: ObjectId): TaskRow[] {
  return world.alive().flatMap(({ state }) => {
    const task = state.directory.get(object)?.task
    const row = task && state.tasks.get(task)
    return row && row.state !== 'settled' ? [row] : []
  })
}

/** A peer lets go of a bundle: of none that a task needs which it answers for, or that would be stranded. */
export function checkUnneeded({ state, life }: SimPeer, code: CodeId): void {
  for (const { spec, state: at } of state.tasks.all())
    if (spec.code === code && at !== 'settled') throw new Error(`${life} lets go of ${code}, which ${spec.id} needs`)
}
