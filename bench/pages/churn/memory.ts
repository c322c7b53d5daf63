// How much memory everybody uses, with what nobody needs any more collected: a page's own heap, all processes of
// the browser, and Node peers.

import { readFile } from 'node:fs/promises'
import { used } from '../../memory/used.ts'
import type { Used } from '../../memory/used.ts'
import type { RunningProcess } from '../../processes.ts'
import type { Site } from '../site.ts'
import type { FlockOfPages, Member } from './flock-of-pages.ts'

export interface MemoryOf {
  readonly site: Site
  readonly pages: FlockOfPages
  readonly peers: readonly RunningProcess[]
}

/** One line of the series. */
export async function memoryLine({ site, pages, peers }: MemoryOf): Promise<string> {
  const heaps = await Promise.all(pages.members.map(heapOf))
  const nodes: Used[] = []
  for (const peer of peers) {
    peer.tell('used')
    nodes.push(await peer.next<Used>())
  }
  const shown = (all: readonly Used[]): string =>
    all.map(({ heapMb, residentMb }) => `${heapMb.toFixed(1)} (${residentMb.toFixed(0)})`).join(', ')
  const browser = await residentMb(site)
  return `pages ${heaps.join(', ')} MB, the browser's ${browser}; Node peers ${shown(nodes)} MB; submitter ${shown([used()])} MB`
}

async function heapOf({ page, since }: Member): Promise<string> {
  const session = await page.context().newCDPSession(page)
  try {
    await session.send('HeapProfiler.collectGarbage')
    await session.send('Performance.enable')
    const { metrics } = await session.send('Performance.getMetrics')
    const bytes = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN
    const minutes = (performance.now() - since) / 60_000
    return `${(bytes / 1e6).toFixed(1)} [${minutes.toFixed(0)}]`
  } finally {
    await session.detach()
  }
}

interface ProcessInfo {
  readonly type: string
  readonly id: number
}

/** Resident in the processes of pages and frames, in MB, and how many these are. Known on Linux only. */
async function residentMb(site: Site): Promise<string> {
  const session = await site.session()
  const { processInfo } = (await session.send('SystemInfo.getProcessInfo')) as { processInfo: ProcessInfo[] }
  await session.detach()
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  const sizes = await Promise.all(
    renderers.map(async ({ id }) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '')
      return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    }),
  )
  return `${renderers.length} processes ${(sizes.reduce((sum, size) => sum + size, 0) / 1e3).toFixed(0)} MB`
}
