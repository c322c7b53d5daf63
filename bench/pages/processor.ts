// How much of a processor a browser's pages use: of all its processes that hold pages or the frames in them, since a
// sandboxed frame has one of its own. What the browser itself and its network process do is not in it.

import type { Site } from './site.ts'

interface ProcessInfo {
  readonly type: string
  /** In seconds, since it began. */
  readonly cpuTime: number
}

/** The share of one core, in percent, over that time. */
export async function shareOfPages(site: Site, ms: number): Promise<number> {
  const session = await site.session()
  const used = async (): Promise<number> => {
    const { processInfo } = (await session.send('SystemInfo.getProcessInfo')) as { processInfo: ProcessInfo[] }
    return processInfo.reduce((sum, { type, cpuTime }) => (type === 'renderer' ? sum + cpuTime : sum), 0)
  }
  const [before, from] = [await used(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, ms))
  const [after, until] = [await used(), performance.now()]
  await session.detach()
  return ((after - before) * 100) / ((until - from) / 1_000)
}
