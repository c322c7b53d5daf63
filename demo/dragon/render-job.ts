// The picture as a job: which task waits for which. Everything is submitted at once; the mesh does the waiting.

import type { Job, Mesh, ObjectRef } from 'murmuration'
import type * as DragonTasks from './dragon.task.ts'
import { PARTS, type Plan } from './plan.ts'

/** Verbs to ask with: of a mesh, or of a job with a name. */
type Verbs = Pick<Mesh | Job, 'use' | 'put' | 'all' | 'settled'>

export interface RenderEvents {
  /** Everything is asked for; so many passes were there already. */
  readonly asked?: (passesThere: number) => void
  /** Some task has ended. */
  readonly done: () => void
  /** A pass of a tile is here. */
  readonly pass: (tile: number, pass: number, light: Float32Array) => void
  /** A tile is final. */
  readonly tile: (tile: number, light: Float32Array) => void
}

/** The refs of a picture: hold them for as long as its tiles are wanted. */
export interface Asked {
  /** Reading, splitting, building and joining the model. */
  readonly stages: readonly ObjectRef<unknown>[]
  /** By pass, then by tile. */
  readonly passes: readonly (readonly ObjectRef<Float32Array>[])[]
  /** By tile. */
  readonly merged: readonly ObjectRef<Float32Array>[]
}

/** In a job with a name, whoever looks finds a tile's passes and the tile itself by these. */
export const nameOf = {
  pass: (tile: number, pass: number): string => `tile ${tile} pass ${pass}`,
  tile: (tile: number): string => `tile ${tile}`,
}

/** Asks for a whole picture; rejects when it cannot be asked for, or with the signal's reason. */
export async function askForPicture(
  mesh: Verbs,
  plan: Plan,
  { model: bytes, signal }: { model: Uint8Array; signal: AbortSignal },
): Promise<Asked> {
  const dragon = await mesh.use<typeof DragonTasks>(new URL('./dragon.task.ts', import.meta.url))
  signal.throwIfAborted()
  const file = await mesh.put(bytes)
  signal.throwIfAborted()
  const model = dragon.readModel(file)
  const split = dragon.splitModel(model, PARTS)
  const parts = Array.from({ length: PARTS }, (_, part) => dragon.buildPart(model, split, part))
  const scene = dragon.joinParts(model, split, mesh.all(parts))

  // Pass by pass, so that the whole picture is there early and grows finer.
  const passes = plan.passes.map((at, pass) =>
    plan.tiles.map((tile, number) =>
      dragon.renderPass.with({ name: nameOf.pass(number, pass) })(scene, plan.view, { tile, pass: at }),
    ),
  )
  const merged = plan.tiles.map((_, tile) =>
    dragon.mergePasses.with({ priority: 1, name: nameOf.tile(tile) })(
      plan.view.samples,
      ...passes.map((tiles) => tiles[tile]!),
    ),
  )
  return { stages: [model, split, ...parts, scene], passes, merged }
}

/** Renders a plan on a mesh; rejects with the first failure, or with the signal's reason. */
export async function renderOnMesh(
  mesh: Verbs,
  plan: Plan,
  job: { model: Uint8Array; events: RenderEvents; signal: AbortSignal },
): Promise<void> {
  const { events, signal } = job
  const { stages, passes, merged } = await askForPicture(mesh, plan, job)
  events.asked?.(passes.flat().filter((pass) => pass.state() === 'value').length)

  const rendered = Promise.all([
    countSettled(mesh, stages, events),
    ...passes.flatMap((tiles, pass) =>
      tiles.map(async (ref, tile) => {
        const light = await ref.get()
        events.done()
        events.pass(tile, pass, light)
      }),
    ),
    ...merged.map(async (ref, tile) => {
      const light = await ref.get()
      events.done()
      events.tile(tile, light)
    }),
  ])
  await Promise.race([rendered, aborted(signal)])
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** What they made stays where it is: it is tens of megabytes, and nobody looks at it here. */
async function countSettled(mesh: Verbs, refs: readonly ObjectRef<unknown>[], events: RenderEvents): Promise<void> {
  for await (const ref of mesh.settled(refs)) if (ref.state() === 'value') events.done()
}
