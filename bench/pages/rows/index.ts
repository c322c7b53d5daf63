// The rows, in the order in which they are shown.

import type { PageRow } from '../row.ts'
import { bundle } from './bundle.ts'
import { cold } from './cold.ts'
import { frames } from './frames.ts'
import { idle, idleDemo } from './idle.ts'
import { noop } from './noop.ts'
import { trips } from './trips.ts'

export const rows: readonly PageRow[] = [cold, noop, trips, frames, idle, idleDemo, bundle]
