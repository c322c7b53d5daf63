// The cases, in the order of the table.

import type { FaultCase } from '../case.ts'
import { calm } from './calm.ts'
import { detached } from './detached.ts'
import { entry } from './entry.ts'
import { frozen } from './frozen.ts'
import { half } from './half.ts'
import { killed } from './killed.ts'
import { objectsCase } from './objects.ts'
import { put } from './put.ts'
import { putTask } from './put-task.ts'
import { submitter } from './submitter.ts'

export const cases: readonly FaultCase[] = [
  calm,
  killed,
  frozen,
  objectsCase,
  put,
  putTask,
  entry,
  submitter,
  detached,
  half,
]
