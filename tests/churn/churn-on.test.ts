// The second half of the seeds.

import { describe } from 'vitest'
import { keepsEveryPromise } from './keeps.ts'

describe('churn, further on', () => keepsEveryPromise(151, 300))
