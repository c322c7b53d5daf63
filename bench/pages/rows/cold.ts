// A visitor who was never here: nothing in the browser's cache, no identity, no worker started.

import type { PageRow } from '../row.ts'

export const cold: PageRow = {
  name: 'cold page',
  figures: [
    {
      name: 'joined',
      unit: 'ms',
      promised: { atMost: 2_000 },
      what: 'from the beginning of the navigation until `joinMesh` has resolved',
    },
    {
      name: 'first task result',
      unit: 'ms',
      promised: { atMost: 3_000 },
      what: 'from there as well, until a task that the page asked for and ran itself has its result',
    },
  ],
  async run({ site }) {
    const visitor = await site.browser.newContext()
    try {
      const { page, joinedMs } = await site.open({ slots: 1 }, visitor)
      return [joinedMs, await page.evaluate(() => doors.firstResult())]
    } finally {
      await visitor.close()
    }
  },
}
