// Whether a page that lends both its slots still draws.

import type { PageRow } from '../row.ts'

const watchedMs = 5_000

export const frames: PageRow = {
  name: 'render loop',
  figures: [
    {
      name: 'while both slots compute',
      unit: '/s',
      promised: { atLeast: 50 },
      what: 'calls of requestAnimationFrame in five seconds, in a page of two slots that are never empty',
    },
  ],
  async run({ site, founder }) {
    const { page } = await site.open({ slots: 2 })
    founder.tell({ type: 'compute', atATime: 2 })
    await founder.next()
    return [await page.evaluate((ms) => doors.framesPerSecond(ms), watchedMs)]
  },
}
