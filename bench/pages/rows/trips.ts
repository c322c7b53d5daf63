// There and back between two pages, by WebRTC: a question at a time, a task at a time, and what the browser's own
// channel does with a message of a few bytes, for the limit.

import type { PageRow } from '../row.ts'

export const trips: PageRow = {
  name: 'round trips',
  figures: [
    {
      name: 'a question, one at a time',
      unit: '/s',
      promised: { atLeast: 1_000 },
      what: '`mesh.tasks({ peer })`: one message to the other page and its answer, through the whole link, with no worker',
    },
    {
      name: 'a task, one at a time',
      unit: '/s',
      promised: { atLeast: 1_000 },
      what: 'tasks that do nothing, asked for by one page, run by a worker of the other; the next when its result is back',
    },
    {
      name: 'tasks, 16 at a time',
      unit: '/s',
      promised: null,
      what: 'the same, with sixteen under way at any time',
    },
    {
      name: 'a bare channel, one at a time',
      unit: '/s',
      promised: null,
      what: 'messages of ten bytes there and back over a WebRTC channel of the same two pages, nothing on top of it',
    },
  ],
  async run({ site }) {
    // In a window of their own each, as on two computers: a page behind another is given less of the processor.
    const [one, other] = [await site.browser.newContext(), await site.browser.newContext()]
    const [asks, runs] = [await site.open({ slots: 0 }, one), await site.open({ slots: 1 }, other)]
    const trip = (inFlight: number): Promise<number> =>
      asks.page.evaluate(([peer, many]) => doors.tasksPerSecond(peer, many), [runs.id, inFlight] as const)
    await asks.page.evaluate((peer) => doors.directly(peer), runs.id)
    const questions = await asks.page.evaluate((peer) => doors.questionsPerSecond(peer), runs.id)
    const trips = [questions, await trip(1), await trip(16)]
    const offer = await asks.page.evaluate(() => doors.bare.offerChannel())
    const answer = await runs.page.evaluate((offered) => doors.bare.answerChannel(offered), offer)
    return [...trips, await asks.page.evaluate((answered) => doors.bare.tripsPerSecond(answered), answer)]
  },
}
