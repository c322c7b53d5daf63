import { detection } from '../mesh/detection.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  name: 'a frozen peer (SIGSTOP) is known to be dead',
  unit: 'ms',
  limit: 'probe interval, indirect probes and suspicion of the lan preset; promised: 4 s',
  run: async (context) => ({ mesh: await detection(context, 'SIGSTOP') }),
}
