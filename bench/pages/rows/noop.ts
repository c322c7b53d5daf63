// Small tasks in bulk, from a Node peer to the only page that runs any.

import type { PageRow } from '../row.ts'

export const noop: PageRow = {
  name: 'noop tasks',
  figures: [
    {
      name: '1,000 in flight, Node to a page',
      unit: '/s',
      promised: { atLeast: 5_000 },
      what: 'tasks that do nothing, in a page of two slots, after 6,000 that are not counted',
    },
  ],
  async run({ site, founder }) {
    await site.open({ slots: 2 })
    founder.tell({ type: 'noop', inFlight: 1_000 })
    return [await founder.next<number>()]
  },
}
