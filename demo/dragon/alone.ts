// The same picture without a mesh: the task functions, called one after the other in this thread.

import { setImmediate } from 'node:timers/promises'
import { canvasHere, type Canvas } from './canvas.ts'
import { buildPart, joinParts, mergePasses, readModel, renderPass, splitModel } from './dragon.task.ts'
import { readModelFile } from './model-file.ts'
import type { DragonOptions } from './options.ts'
import { countTasks, PARTS, planPicture, type Plan } from './plan.ts'
import { showProgress } from './progress.ts'
import { Unfinished, type Result } from './result.ts'

/** Renders; rejects with Unfinished, also when the signal is aborted, or with WriteError. */
export async function drawAlone(options: DragonOptions, signal: AbortSignal): Promise<Result> {
  const plan = planPicture(options.view)
  const tasks = countTasks(plan)
  const started = performance.now()
  const canvas = canvasHere(plan, options.file)
  const progress = showProgress(tasks)
  let done = 0
  try {
    await renderAlone(plan, await readModelFile(), {
      canvas,
      signal,
      done: () => progress.show({ done: ++done }),
    })
    const sha256 = (await canvas.close()) ?? ''
    const seconds = (performance.now() - started) / 1_000
    return { sha256, seconds, tasks, executions: done, retried: 0, rebuilt: 0, peersDied: 0 }
  } catch (error) {
    throw new Unfinished(error, (await canvas.close()) !== null)
  } finally {
    progress.stop()
  }
}

export interface Watch {
  readonly canvas: Canvas
  readonly signal: AbortSignal
  readonly done: () => void
}

/** Every task function of a picture, in turn. */
export async function renderAlone(plan: Plan, file: Uint8Array, { canvas, signal, done }: Watch): Promise<void> {
  const ran = async <T>(value: T): Promise<T> => {
    done()
    // A turn for signals.
    await setImmediate()
    signal.throwIfAborted()
    return value
  }
  const model = await ran(readModel(file))
  const split = await ran(splitModel(model, PARTS))
  const parts = []
  for (let part = 0; part < PARTS; part++) parts.push(await ran(buildPart(model, split, part)))
  const scene = await ran(joinParts(model, split, parts))
  const rendered = plan.tiles.map((): Float32Array[] => [])
  for (const [number, pass] of plan.passes.entries()) {
    for (const [at, tile] of plan.tiles.entries()) {
      const light = await ran(renderPass(scene, plan.view, { tile, pass }))
      rendered[at]!.push(light)
      canvas.preview(at, number, light)
    }
  }
  for (const [at, passes] of rendered.entries()) canvas.finish(at, await ran(mergePasses(plan.view.samples, ...passes)))
}
