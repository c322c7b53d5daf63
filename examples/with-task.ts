// Testing a task module: it is a plain module, so call its functions. `withTask` stands in for what a task is given in a
// mesh. Shown with Node's own tests; any others do. No mesh is needed: `murmur run with-task.ts`

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withTask } from 'murmuration/task'
import { count } from './with-task.task.ts'

await test('outside a mesh it is a function like others', () => {
  assert.equal(count(['wren', 'owl']), 2)
})

await test('it says how far it is', async () => {
  const told: number[] = []
  await withTask({ progress: (fraction) => told.push(fraction) }, () => count(['wren', 'owl']))
  assert.deepEqual(told, [0.5, 1])
})

await test('it ends when it is cancelled', async () => {
  const signal = AbortSignal.abort(new Error('no longer wanted'))
  await assert.rejects(
    withTask({ signal }, () => count(['wren'])),
    /no longer wanted/,
  )
})
