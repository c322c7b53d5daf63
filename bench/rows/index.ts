// The rows, in the order of the table.

import type { Row } from '../row.ts'
import { rows as actors } from './actors.ts'
import { rows as bulk64Mib } from './bulk-64-mib.ts'
import { rows as dragon } from './dragon.ts'
import { row as frozen } from './frozen.ts'
import { row as killed } from './killed.ts'
import { rows as noop } from './noop.ts'
import { row as recording } from './recording.ts'
import { rows as stream } from './stream.ts'

export const rows: readonly Row[] = [...noop, ...actors, recording, ...stream, ...bulk64Mib, ...dragon, killed, frozen]
