// There and back between two pages, by WebRTC: a task at a time, and what the browser's own channel does with
// a message of as many bytes, for the limit.

import type { PageRow } from '../row.ts'

export const trips: PageRow = {
  name: 'round trips',
  figures: [
    {
      name: 'page to page, one at a time',
      unit: '/s',
      promised: { atLeast: 1_000 },
      what: 'tasks that do nothing, asked for by one page, run by a worker of the other; the next when its result is back',
    },
    {
      name: 'page to page, 16 at a time',
      unit: '/s',
      promised: null,
      what: 'the same, with sixteen under way at any time',
    },
  ],
  async run({ site }) {
    const [asks, runs] = [await site.open({ slots: 0 }), await site.open({ slots: 1 })]
    const trip = (inFlight: number): Promise<number> =>
      asks.page.evaluate(([peer, many]) => doors.tasksPerSecond(peer, many), [runs.id, inFlight] as const)
    await asks.page.evaluate((peer) => doors.directly(peer), runs.id)
    return [await trip(1), await trip(16)]
  },
}
