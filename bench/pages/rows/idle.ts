// What a page costs whoever has it open while nothing is to be done: alone with the protocol, and as the demo page
// that shows all of it.

import { servePage } from '@murmuration/node-peer/internal'
import { startPeer } from '../../mesh/mesh.ts'
import { shareOfPages } from '../processor.ts'
import type { Figure, PageRow, PageRowContext } from '../row.ts'

const peersInView = 12
const watchedMs = 20_000
/** When it is looked, since the page joined: while it meets the others one by one, and when it has met them all. */
const metMs = 10_000
const restsMs = 45_000

export const idle: PageRow = {
  name: 'idle, 12 peers in view',
  figures: [
    {
      ...share(
        'a page that has just come',
        'of one core, by the processes that hold the page and its frame, over 20 s that begin 10 s after it joined: it meets the last of the others',
      ),
      promised: null,
    },
    share('a page', 'the same over 20 s that begin 45 s after it joined'),
  ],
  async run(context) {
    await inCompany(context)
    const { page } = await context.site.open({ slots: 2 })
    await page.waitForFunction((count) => mesh.peers().length > count, peersInView)
    return [await shareAfter(metMs, context), await shareAfter(restsMs - metMs - watchedMs, context)]
  },
}

export const idleDemo: PageRow = {
  name: 'idle demo page, 12 peers in view',
  figures: [share('the demo page', 'the same of the page that `murmur up --page` serves, on its view of the flock')],
  async run(context) {
    await inCompany(context)
    const served = await servePage()
    try {
      const page = await context.site.show(context.site.link.replace(context.site.url, served.url))
      await page.getByRole('button', { name: 'Join the mesh' }).click()
      // Eleven and the founder.
      await page
        .getByRole('button', { name: /, a process/ })
        .nth(peersInView - 1)
        .waitFor()
      return [await shareAfter(restsMs, context)]
    } finally {
      await served.close()
    }
  },
}

function share(name: string, what: string): Figure {
  return { name, unit: '%', promised: { atMost: 2 }, what }
}

/** As many peers as are to be in view, each in a process of its own. */
async function inCompany({ start, founded }: PageRowContext): Promise<void> {
  for (let count = 1; count < peersInView; count++) await startPeer({ start }, { entry: founded.addresses, slots: 0 })
}

async function shareAfter(ms: number, { site }: PageRowContext): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return shareOfPages(site, watchedMs)
}
