// What tasks can do to the workers of a page, and what the page says of it and does next.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fn, Mesh, TaskFunction } from 'murmuration'
import { until } from '../processes/flock.ts'
import { Pages } from './pages.ts'

let pages: Pages
let mesh: Mesh

beforeAll(async () => {
  pages = await Pages.start(1, { slots: 0 })
  mesh = await pages.flock.join()
  // One page for all: what one test does to its worker must not be felt by the next.
  const { id } = await pages.open()
  await until(() => mesh.peers().some((peer) => peer.id === id))
})
afterAll(() => pages.end())

function inPage<F extends Fn>(f: F): TaskFunction<F> {
  return mesh.fn(f).with({ needs: { labels: { kind: 'browser' } } })
}

function onceInPage<F extends Fn>(f: F): TaskFunction<F> {
  return inPage(f).with({ retries: 0 })
}

async function reasonOf(ref: { get(): Promise<unknown> }): Promise<unknown> {
  return ref.get().then(
    (value) => ({ value }),
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  )
}

async function stillWorks(): Promise<void> {
  expect(await onceInPage((x: number) => x + 1)(1).get()).toBe(2)
}

test('an error that nobody catches ends its worker, and is named', async () => {
  const late = onceInPage(
    () =>
      new Promise(() => {
        setTimeout(() => {
          throw new RangeError('too late')
        })
      }),
  )
  expect(await reasonOf(late())).toEqual({
    code: 'WORKER_DIED',
    message: expect.stringContaining('uncaught: RangeError: too late') as string,
  })
  await stillWorks()
})

test('a rejection that nobody catches does the same', async () => {
  const late = onceInPage(
    () =>
      new Promise(() => {
        void Promise.reject(new RangeError('unhandled'))
      }),
  )
  expect(await reasonOf(late())).toEqual({
    code: 'WORKER_DIED',
    message: expect.stringContaining('uncaught: RangeError: unhandled') as string,
  })
  await stillWorks()
})

test('a worker that closes itself has ended', async () => {
  const closes = onceInPage(() => {
    self.close()
    return new Promise(() => {})
  })
  expect(await reasonOf(closes())).toEqual({
    code: 'WORKER_DIED',
    message: expect.stringContaining('exit: it closed itself') as string,
  })
  await stillWorks()
})

test('an application error arrives whole, with its place', async () => {
  const fails = inPage(() => {
    throw Object.assign(new RangeError('too small'), { size: 3 })
  })
  const error = await fails()
    .get()
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'TASK_FAILED', cause: { name: 'RangeError', message: 'too small', size: 3 } })
})

test('large arguments and results travel', async () => {
  const twice = inPage((bytes: Uint8Array) => bytes.map((byte) => byte * 2))
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 100)
  const doubled = await twice(bytes).get()
  expect(
    Buffer.compare(
      doubled,
      bytes.map((byte) => byte * 2),
    ),
  ).toBe(0)
})

test('a task in a page asks for others', async () => {
  const power = inPage(async function power(exponent: number): Promise<number> {
    if (exponent === 0) return 1
    const { current } = (globalThis as never as Record<symbol, { current: { mesh: Mesh } }>)[
      Symbol.for('murmuration.task.1')
    ]!
    return (
      2 *
      (await current.mesh
        .fn(power)(exponent - 1)
        .get())
    )
  })
  expect(await power(3).get()).toBe(8)
})

/** The last one: the browser lets a worker go on for two seconds after it was ended, and with the page it ends at once. */
test('a task that loops for ever is ended at its timeout', async () => {
  const loops = onceInPage(() => {
    for (;;);
  }).with({ attemptTimeoutMs: 300 })
  expect(await reasonOf(loops())).toMatchObject({ code: 'TASK_TIMEOUT' })
  await stillWorks()
})
