import { detection } from '../mesh/detection.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  name: 'a killed peer (SIGKILL) is known to be dead',
  unit: 'ms',
  limit: 'the closed socket, 8 ms after the signal, and the refused dial that follows; promised: 1 s',
  run: async (context) => ({ mesh: await detection(context, 'SIGKILL') }),
}
