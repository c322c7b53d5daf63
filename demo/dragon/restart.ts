// The picture, with the program that renders it killed at half and started again. This process renders nothing: it
// starts the peers and the renderer, kills that one, starts it again, and tells what the second one found done.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Flock } from './flock.ts'
import type { DragonOptions } from './options.ts'
import { countPasses, countTasks, jobName, planPicture } from './plan.ts'
import { WriteError } from './png.ts'
import { showProgress, type Progress } from './progress.ts'
import type { Drawn, RendererOrder, RendererReport } from './renderer.ts'
import { Unfinished, type Result } from './result.ts'
import { counted } from './words.ts'

const GOODBYE_MS = 8_000

/** Renders; rejects with Unfinished, also when the signal is aborted, or with WriteError. No process is left either way. */
export async function drawWithRestart(options: DragonOptions, signal: AbortSignal): Promise<Result> {
  const { view, file, peers } = options
  const plan = planPicture(view)
  const tasks = countTasks(plan)
  const started = performance.now()
  process.stderr.write(`starting an entry peer, ${counted(peers, 'peer')} to compute and a renderer, each a process\n`)
  const progress = showProgress(tasks)
  let flock: Flock | undefined
  try {
    flock = await Flock.start(peers, 0)
    signal.throwIfAborted()
    const job = jobName(view)
    const order: RendererOrder = { door: flock.door, job, view, file }
    const stage = { flock, order, progress, signal }
    await flock.gathered
    await renderUntil(stage, Math.ceil(tasks / 2))
    const { drawn, adopted } = await renderUntil(stage, Infinity)
    if (!drawn) throw new Error('the renderer ended before the picture was finished')
    const seconds = (performance.now() - started) / 1_000
    return { ...drawn, seconds, tasks, peersDied: 0, adopted, rendered: countPasses(plan) - adopted }
  } catch (error) {
    if (error instanceof WriteError || error instanceof Unfinished) throw error
    throw new Unfinished(error, false)
  } finally {
    progress.stop()
    await flock?.stop()
  }
}

interface Stage {
  readonly flock: Flock
  readonly order: RendererOrder
  readonly progress: Progress
  readonly signal: AbortSignal
}

interface Run {
  /** Null: it was killed before. */
  readonly drawn: Drawn | null
  /** Passes that it found done. */
  readonly adopted: number
}

/** Starts a renderer, and kills it when so many tasks are done. */
async function renderUntil({ flock, order, progress, signal }: Stage, most: number): Promise<Run> {
  signal.throwIfAborted()
  const child = fork(new URL('./renderer.js', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = once(child, 'exit')
  const stop = (): void => end(child)
  signal.addEventListener('abort', stop, { once: true })
  let name = 'the renderer'
  let adopted = 0
  let drawn: Drawn | null = null
  let trouble: Error | null = null
  child.on('message', (said: RendererReport) => {
    switch (said.type) {
      case 'asked':
        name = said.name
        adopted = said.adopted
        if (most === Infinity)
          progress.say(`started again as ${name}: ${counted(adopted, 'pass', 'passes')} are there already`)
        return
      case 'done':
        progress.show({ done: said.done, mesh: { ...said, alive: flock.peers.length } })
        if (said.done >= most) child.kill('SIGKILL')
        return
      case 'drawn':
        drawn = said.drawn
        return
      case 'trouble':
        trouble = said.isWriting ? new WriteError(said.message) : new Unfinished(new Error(said.message), said.written)
    }
  })
  child.send(order, () => undefined)
  const [code, by] = (await gone) as [number | null, NodeJS.Signals | null]
  signal.removeEventListener('abort', stop)
  if (trouble !== null) throw trouble
  if (signal.aborted) throw new Unfinished(signal.reason, false)
  if (by === 'SIGKILL' && most !== Infinity) progress.say(`kill -9 ${name}, which renders: half of the picture is done`)
  else if (drawn === null) throw new Error(`the renderer ended with ${by ?? code}`)
  return { drawn, adopted }
}

/** At first politely: what is drawn by then is written. */
function end(child: ChildProcess): void {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), GOODBYE_MS)
  child.once('exit', () => clearTimeout(timer))
}
