// A second attempt beside one that takes unusually long, in real workers.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { Flock } from './flock.ts'
import type * as tasks from './work.task.ts'

let flock: Flock

beforeEach(async () => {
  flock = await Flock.start(2)
})

afterEach(() => flock.end())

test('the second attempt is done first and counts; one that asks for a task of its own is dropped', async () => {
  const mesh = await flock.join()
  const hedged: { fn: string; attempt: number }[] = []
  mesh.addEventListener('task:hedged', ({ detail }) => hedged.push(detail))
  const work = await mesh.use<typeof tasks>(new URL('./work.task.ts', import.meta.url))
  const options = { hedge: true, retries: 0 }
  for (let n = 0; n < 5; n++)
    expect([await work.lateFirst(false).get(), await work.lateParent(false).get()]).toEqual([1, 50])
  expect(await work.lateFirst.with(options)(true).get()).toBe(2)
  const parent = await work.lateParent.with(options)(true).get()
  // On a busy machine an attempt may be given back before it begins, at no cost: then a later one is the first that runs, and in
  // time. Never is it the one beside another, which asked for a task of its own.
  const beside = hedged.filter(({ fn }) => fn === 'lateParent').map(({ attempt }) => attempt)
  expect(hedged[0]?.fn).toBe('lateFirst')
  expect(beside).not.toContain(parent - 49)
  if (parent === 50) expect(beside.length).toBeGreaterThan(0)
  expect(await mesh.counters()).toMatchObject({ retried: 0 })
})
