// The picture on a mesh of processes, some of which are killed on the way. This process only submits: it joins
// with no slots, watches, and puts the picture together.

import { joinMesh, type Mesh } from 'murmuration'
import { canvasAside, type Canvas } from './canvas.ts'
import { Deaths, killTimes } from './deaths.ts'
import { Flock } from './flock.ts'
import { readModelFile } from './model-file.ts'
import type { DragonOptions } from './options.ts'
import { openPage, type DragonPage } from './page.ts'
import { countTasks, jobName, planPicture, type Plan } from './plan.ts'
import { showProgress, type Progress } from './progress.ts'
import { renderOnMesh } from './render-job.ts'
import { Unfinished, type Result } from './result.ts'

/** Renders; rejects with Unfinished, also when the signal is aborted, or with WriteError. No process is left either way. */
export async function drawOnMesh(options: DragonOptions, signal: AbortSignal): Promise<Result> {
  const plan = planPicture(options.view)
  const started = performance.now()
  const canvas = canvasAside(plan, options.file)
  // Before the bar, which would be drawn twice.
  process.stderr.write(`starting an entry peer and ${options.peers} to compute, each a process of this machine\n`)
  const progress = showProgress(countTasks(plan))
  try {
    const told = await withFlock(options, progress, (flock, mesh) =>
      render({ flock, mesh, plan, canvas, progress, kills: options.kill, signal }),
    )
    const sha256 = (await canvas.close()) ?? ''
    return { ...told, sha256, seconds: (performance.now() - started) / 1_000 }
  } catch (error) {
    throw new Unfinished(error, (await canvas.close()) !== null)
  } finally {
    progress.stop()
  }
}

/** Lends a flock and a place in its mesh, and ends both whatever happens. */
async function withFlock<T>(
  { peers, kill }: { peers: number; kill: number },
  progress: Progress,
  use: (flock: Flock, mesh: Mesh) => Promise<T>,
): Promise<T> {
  const flock = await Flock.start(peers, kill < peers ? 0 : 1)
  let mesh: Mesh | undefined
  let page: DragonPage | undefined
  try {
    mesh = await joinMesh({ ...flock.door, slots: 0, identity: 'fresh' })
    page = await openPage(flock.door)
    progress.say(`watch it and take part: ${page.link}`)
    return await use(flock, mesh)
  } finally {
    // First, so that we hand nothing over to peers that are about to end.
    await flock.stop()
    await mesh?.leave()
    await page?.close()
  }
}

interface Stage {
  readonly flock: Flock
  readonly mesh: Mesh
  readonly plan: Plan
  readonly canvas: Canvas
  readonly progress: Progress
  readonly kills: number
  readonly signal: AbortSignal
}

async function render({
  flock,
  mesh,
  plan,
  canvas,
  progress,
  kills,
  signal,
}: Stage): Promise<Omit<Result, 'sha256' | 'seconds'>> {
  signal.throwIfAborted()
  const tasks = countTasks(plan)
  const counts = { done: 0, retried: 0, rebuilt: 0 }
  mesh.addEventListener('task:retried', () => counts.retried++)
  mesh.addEventListener('object:rebuilt', () => counts.rebuilt++)
  const deaths = new Deaths(flock, mesh, (line) => progress.say(line))
  const due = killTimes(tasks, kills)
  const done = (): void => {
    const { retried, rebuilt } = counts
    progress.show({ done: ++counts.done, mesh: { retried, rebuilt, alive: flock.peers.length } })
    if (counts.done < (due[0] ?? Infinity)) return
    due.shift()
    void flock.gathered.then(
      () => deaths.cause(),
      () => undefined,
    )
  }
  const events = { done, pass: canvas.preview, tile: canvas.finish }
  // Under a name, so that pages that look at this mesh find its tiles.
  await using job = await mesh.job(jobName(plan.view))
  // While the peers are on their way: whoever comes first begins.
  const rendered = renderOnMesh(job, plan, { model: await readModelFile(), events, signal })
  await Promise.all([flock.gathered, rendered])
  await deaths.told()
  const { executions = 0 } = await mesh.counters()
  return { tasks, executions, retried: counts.retried, rebuilt: counts.rebuilt, peersDied: kills }
}
