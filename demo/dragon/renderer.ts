// The program that renders, in a process of its own, so that it can be killed and started again: it joins, opens
// the picture's job by its name, and finds there what an earlier one had asked for. It ends with its parent.

import { once } from 'node:events'
import { joinMesh } from 'murmuration'
import { canvasAside } from './canvas.ts'
import type { Door } from './flock.ts'
import { readModelFile } from './model-file.ts'
import { planPicture, type Plan } from './plan.ts'
import { WriteError } from './png.ts'
import { renderOnMesh } from './render-job.ts'
import type { View } from './tracer/path.ts'

/** What a renderer's process is told when it starts. */
export interface RendererOrder {
  readonly door: Door
  /** The job's name. */
  readonly job: string
  readonly view: View
  readonly file: string
}

export interface Drawn {
  readonly sha256: string
  readonly executions: number
  readonly retried: number
  readonly rebuilt: number
}

/** What a renderer's process says. */
export type RendererReport =
  /** Everything is asked for; so many passes were there already. */
  | { readonly type: 'asked'; readonly name: string; readonly adopted: number }
  | { readonly type: 'done'; readonly done: number; readonly retried: number; readonly rebuilt: number }
  | { readonly type: 'drawn'; readonly drawn: Drawn }
  | { readonly type: 'trouble'; readonly message: string; readonly written: boolean; readonly isWriting: boolean }

// Ctrl-C reaches every process of a terminal; the parent decides what it means.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(0))
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('stopped')))

if (process.connected) {
  const [order] = (await once(process, 'message')) as [RendererOrder]
  await draw(order)
  if (process.connected) process.disconnect()
}

async function draw({ door, job, view, file }: RendererOrder): Promise<void> {
  const plan = planPicture(view)
  const canvas = canvasAside(plan, file)
  const trouble = (error: unknown, written: boolean): void => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    report({ type: 'trouble', message, written, isWriting: error instanceof WriteError })
  }
  try {
    const counts = await render({ door, job, plan, canvas })
    const sha256 = (await canvas.close()) ?? ''
    report({ type: 'drawn', drawn: { ...counts, sha256 } })
  } catch (error) {
    const written = await canvas.close().then(
      (sha256) => sha256 !== null,
      () => false,
    )
    trouble(error, written)
  }
}

async function render({
  door,
  job: name,
  plan,
  canvas,
}: {
  readonly door: Door
  readonly job: string
  readonly plan: Plan
  readonly canvas: ReturnType<typeof canvasAside>
}): Promise<Omit<Drawn, 'sha256'>> {
  const mesh = await joinMesh({ ...door, slots: 0, identity: 'fresh' })
  const counts = { done: 0, retried: 0, rebuilt: 0 }
  mesh.addEventListener('task:retried', () => counts.retried++)
  mesh.addEventListener('object:rebuilt', () => counts.rebuilt++)
  try {
    const job = await mesh.job(name)
    const events = {
      asked: (adopted: number): void => report({ type: 'asked', name: mesh.name, adopted }),
      done: (): void => {
        counts.done++
        report({ type: 'done', ...counts })
      },
      pass: canvas.preview,
      tile: canvas.finish,
    }
    await renderOnMesh(job, plan, { model: await readModelFile(), events, signal: stop.signal })
    const { executions = 0 } = await mesh.counters()
    return { executions, retried: counts.retried, rebuilt: counts.rebuilt }
  } finally {
    await mesh.leave()
  }
}

function report(said: RendererReport): void {
  if (process.connected) process.send?.(said)
}
