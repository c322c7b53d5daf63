import type { Recorded } from '../mesh/recording.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  name: 'noop, remembered for story and timeline',
  unit: 'tasks/s',
  limit: 'two small rows per task; promised: 0.95 of none',
  async run({ start }) {
    const { recording, without } = await start('./mesh/recording.js', null).next<Recorded>()
    return { mesh: recording, 'not remembered': without }
  },
}
