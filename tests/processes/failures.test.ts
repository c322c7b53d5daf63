// What goes wrong in a task, as the program that asked for it sees it from another process.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mesh, MeshError, Tasks } from 'murmuration'
import { Flock } from './flock.ts'
import type * as rejects from './rejects.task.ts'
import type * as work from './work.task.ts'

let flock: Flock
let mesh: Mesh
let tasks: Tasks<typeof work>

beforeAll(async () => {
  flock = await Flock.start(2)
  mesh = await flock.join()
  tasks = await mesh.use<typeof work>(new URL('./work.task.ts', import.meta.url))
})

afterAll(() => flock.end())

const failure = (promise: Promise<unknown>): Promise<MeshError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: MeshError) => error,
  )

test('an error keeps its class, message, own properties and cause, and its stack names the source', async () => {
  const error = await failure(tasks.fails(3).get())
  expect(error).toMatchObject({ name: 'MeshError', code: 'TASK_FAILED', attempt: 1 })
  expect(error.message).toMatch(/fails.*3 more/)
  expect(flock.peers.map(({ name }) => name)).toContain(error.peer)
  const cause = error.cause as Error & Record<string, unknown>
  expect(cause).toBeInstanceOf(Error)
  expect(cause).toMatchObject({ name: 'NotReady', message: '3 more', left: 3, where: { zone: 'lab-3' } })
  expect(cause.cause).toBeInstanceOf(TypeError)
  expect(cause.cause).toMatchObject({ message: 'the inner one' })
  expect(cause.stack).toMatch(/at fails \(\S*work\.task\.ts:\d+:\d+\)/)
})

test('errors within errors are mapped as well, and what is no error reads as what it is', async () => {
  const { cause } = await failure(tasks.failsTwice().get())
  const both = (cause as Error).cause as AggregateError
  expect(both.errors).toHaveLength(2)
  for (const error of [both, ...(both.errors as Error[])]) expect(error.stack).toMatch(/work\.task\.ts:\d+:\d+/)
  const plain = await failure(tasks.throwsPlain().get())
  expect(plain.message).toBe('throwsPlain threw { left: 3 } (an object, no Error)')
  expect(plain.cause).toEqual({ left: 3 })
})

test('what was thrown where nobody could catch it is one line, with its place', async () => {
  const error = await failure(
    tasks.throwsLater
      .with({ retries: 1, retryDelayMs: [1, 2] })()
      .get(),
  )
  const said = /its worker died \(uncaught: RangeError: too late at \S*work\.task\.ts:\d+:\d+\)$/
  expect(error.code).toBe('WORKER_DIED')
  const deaths = error.story.filter((line) => line.includes('died'))
  expect(deaths).toHaveLength(2)
  for (const text of [error.message, error.reason, ...deaths]) expect(text).toMatch(said)
})

test('an application error is tried again only when it is asked for', async () => {
  const error = await failure(
    tasks.fails
      .with({ retries: 2, retryDelayMs: [1, 2], retryErrors: ['NotReady'] })(1)
      .get(),
  )
  expect(error).toMatchObject({ code: 'TASK_FAILED', attempt: 3 })
})

test('a worker that ends is a crash: tried again, then told with the story', async () => {
  const error = await failure(
    tasks.crash
      .with({ retries: 2, retryDelayMs: [1, 2] })()
      .get(),
  )
  expect(error.code).toBe('WORKER_DIED')
  expect(error.message).toMatch(/crash/)
  expect(error.attempt).toBe(3)
  expect(error.story.join('\n')).toMatch(/exit/)
  expect(error.story.length).toBeGreaterThanOrEqual(3)
})

test('a worker that ends once costs one retry', async () => {
  expect(
    await tasks.crashOnce
      .with({ retryDelayMs: [1, 2] })()
      .get(),
  ).toBe(2)
})

test('tasks ask for tasks, over processes, deeper than there are slots', async () => {
  // More than once: the first time its workers are still coming up.
  for (let nth = 0; nth < 10; nth++) expect(await tasks.nested(4).get()).toBe(16)
  const counts = await Promise.all(flock.peers.map((peer) => peer.counters()))
  expect(counts.every(({ executions = 0 }) => executions > 0)).toBe(true)
})

test('a module that throws while it is imported is rejected, with its own words and line', async () => {
  const url = new URL('./rejects.task.ts', import.meta.url)
  const { square } = await mesh.use<typeof rejects>(url)
  const error = await failure(square(2).get())
  expect(error).toMatchObject({ code: 'CODE_REJECTED', attempt: 1 })
  expect(error.message).toMatch(
    /^\S*rejects\.task\.ts:8:9 threw while it was imported: RangeError: no such setting: TILES$/,
  )
  const cause = error.cause as Error
  expect(cause).toMatchObject({ name: 'RangeError', cause: { message: 'no file' } })
  expect(cause.stack).toMatch(/at setting \(\S*rejects\.task\.ts:8:\d+\)/)
  expect(flock.peers.map(({ name }) => name)).toContain(error.peer)
})

test('what nobody can run is refused with the reason of each peer', async () => {
  const slow = tasks.square.with({ needs: { labels: { zone: 'nowhere' } } })(2)
  expect(await mesh.explain(slow)).toMatch(/zone/)
  const error = await failure(slow.get({ timeoutMs: 50 }))
  expect(error).toMatchObject({ code: 'GET_TIMEOUT', task: slow.id })
  expect(error.message).toMatch(/label zone is absent, nowhere needed/)
  const after = tasks.sum(slow)
  expect((await failure(mesh.get([after], { timeoutMs: 50 }))).message).toMatch(/sum .* waits for 1.*nowhere needed/)
  await slow.cancel()
})

test('what ran out of time, or was cancelled, says where that was', async () => {
  const names = flock.peers.map(({ name }) => name)
  const late = await failure(tasks.untilStopped.with({ timeoutMs: 300 })().get())
  expect(late).toMatchObject({ code: 'TASK_TIMEOUT', attempt: 1, task: expect.any(String) as string })
  expect(names).toContain(late.peer)
  const ref = tasks.untilStopped()
  const unread = await failure(ref.get({ timeoutMs: 300 }))
  expect(unread).toMatchObject({ code: 'GET_TIMEOUT', attempt: 1, task: ref.id })
  expect(names).toContain(unread.peer)
  await ref.cancel('enough')
  const cancelled = await failure(ref.get())
  expect(cancelled).toMatchObject({ code: 'TASK_CANCELLED', attempt: 1, task: ref.id, peer: unread.peer })
})
