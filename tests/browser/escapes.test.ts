// Hostile task code in a page: whatever it tries is refused or contained, a server on this machine sees none
// of it, and the page goes on. Each attempt is made twice: as a task, and with nothing locked but the frame. A loop
// without end is in workers.test.ts.

import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fn, Mesh, TaskFunction } from 'murmuration'
import { until } from '../processes/flock.ts'
import { network, surroundings } from './escape-attempts.ts'
import { Pages } from './pages.ts'
import type { Tab } from './pages.ts'

let pages: Pages
let mesh: Mesh
let tab: Tab
let server: Server
let url: string
/** Connections, and what was asked on them. */
const hits: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    hits.push(request.url ?? '')
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('content-type', 'text/javascript')
    response.end('')
  })
  server.on('connection', () => hits.push('a connection'))
  server.on('upgrade', (_request, socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  pages = await Pages.start(1, { slots: 0 })
  mesh = await pages.flock.join()
  tab = await pages.open()
  await until(() => mesh.peers().some((peer) => peer.id === tab.id))
  await tab.page.evaluate(() => {
    const heard: unknown[] = []
    Object.assign(globalThis, { heard })
    new BroadcastChannel('app').addEventListener('message', ({ data }) => heard.push(data))
    addEventListener('message', ({ data }) => heard.push(data))
  })
})
afterAll(async () => {
  await pages.end()
  await new Promise((resolve) => server.close(resolve))
})

/** Runs in the page, once. */
function inPage<F extends Fn>(f: F): TaskFunction<F> {
  return mesh.fn(f).with({ needs: { labels: { kind: 'browser' } }, retries: 0, attemptTimeoutMs: 10_000 })
}

/** What came of it, in a line. */
function outcomeOf(body: string): Promise<string> {
  const attempt = inPage(async (text: string, address: string) => {
    const late = new Promise((resolve) => setTimeout(resolve, 3_000, 'nothing came of it'))
    const { eval: indirectly } = globalThis
    const run = indirectly(`(async (url) => {${text}})`) as (url: string) => Promise<unknown>
    return String(await Promise.race([late, run(address)]))
  })
  return attempt(body, url)
    .get()
    .catch((error: Error) => `refused: ${error.message}`)
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

async function nothingHappened(): Promise<void> {
  expect(hits).toEqual([])
  expect(await tab.page.evaluate(() => (globalThis as never as { heard: unknown[] }).heard)).toEqual([])
  expect(tab.page.url()).toBe(`${pages.origin}/`)
  expect(pages.context.pages()).toHaveLength(1)
  expect(await inPage((x: number) => x + 1)(1).get()).toBe(2)
}

describe('out of a task', () => {
  for (const [name, body] of Object.entries({ ...network, ...surroundings })) {
    test(name, async () => {
      expect(await outcomeOf(body)).not.toMatch(/^reached/)
      await nothingHappened()
    })
  }
})

describe('out of a worker that has nothing but the frame around it', () => {
  for (const [name, body] of Object.entries({ ...network, ...surroundings })) {
    test(name, async () => {
      const said = await tab.page.evaluate(([text, at]) => doors.inFrame(text, at), [body, url] as const)
      expect(said).not.toMatch(/^reached/)
      await nothingHappened()
    })
  }
})

test('the server would have noticed', async () => {
  await fetch(url)
  expect(hits).toEqual(['a connection', '/'])
  hits.length = 0
})

describe('against the page and its other tasks', () => {
  test('sleeping on shared memory without end is ended', async () => {
    const sleep = inPage(() => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
      Atomics.wait(new Int32Array(memory.buffer), 0, 0)
    }).with({ attemptTimeoutMs: 300 })
    const error = await sleep()
      .get()
      .catch((reason: unknown) => reason)
    expect(['TASK_TIMEOUT', 'TASK_FAILED']).toContain(codeOf(error))
    await nothingHappened()
  })

  test('closing its worker is named', async () => {
    const closes = inPage(() => {
      self.close()
      return new Promise(() => {})
    })
    await expect(closes().get()).rejects.toMatchObject({ code: 'WORKER_DIED' })
    await nothingHappened()
  })

  test('forged messages to the frame and to the worker’s peer change nothing', async () => {
    const forge = inPage(() => {
      const forged = { type: 'end', number: 0, murmuration: 'frame', workerScript: '' }
      const said: string[] = []
      for (const post of [
        () => self.postMessage(forged),
        () => self.dispatchEvent(new MessageEvent('message', { data: forged })),
      ]) {
        try {
          post()
          said.push('said')
        } catch {
          said.push('refused')
        }
      }
      return said
    })
    expect(await forge().get()).toEqual(['refused', 'said'])
    await nothingHappened()
  })

  test('the port to its peer cannot be taken', async () => {
    const taken = await outcomeOf(`
      const told = []
      for (const [owner, name] of [[MessagePort.prototype, 'postMessage'], [EventTarget.prototype, 'addEventListener'], [MessagePort.prototype, 'onmessage']]) {
        try {
          Object.defineProperty(owner, name, { value() { globalThis.stolenPort = this } })
          told.push('changed')
        } catch {
          told.push('refused')
        }
      }
      console.log('spoken')
      return told.join() + ' ' + typeof globalThis.stolenPort`)
    expect(taken).toBe('refused,refused,refused undefined')
    await nothingHappened()
  })

  test('what the language gives to all tasks cannot be changed for the next', async () => {
    const spoil = await outcomeOf(`
      const told = []
      const attempts = [
        () => { 'use strict'; Object.prototype.polluted = 1 },
        () => { 'use strict'; Array.prototype.map = () => 'stolen' },
        () => { 'use strict'; Promise.prototype.then = () => {} },
        () => { 'use strict'; JSON.stringify = () => 'stolen' },
        () => { 'use strict'; globalThis.Map = class {} },
        () => { 'use strict'; Object.defineProperty(Object.prototype, 'toString', { value: () => 'stolen' }) },
        () => { 'use strict'; Object.setPrototypeOf(Array.prototype, { stolen: 1 }) },
        () => { 'use strict'; (function* () {}).constructor.prototype.prototype.next = () => {} },
        () => { 'use strict'; globalThis[Symbol.for('murmuration.task.1')] = { current: null } },
      ]
      for (const attempt of attempts) {
        try { attempt(); told.push('changed') } catch { told.push('refused') }
      }
      return told.join()`)
    expect(spoil).toBe(Array(9).fill('refused').join())
    const clean = inPage(() => [
      'polluted' in {},
      [1].map((x) => x + 1),
      JSON.stringify({}),
      Reflect.apply(String, null, [{}]),
      Object.getPrototypeOf(Array.prototype) === Object.prototype,
    ])
    expect(await clean().get()).toEqual([false, [2], '{}', '[object Object]', true])
  })

  test('what programs usually do to objects of their own still works', async () => {
    const usual = inPage(() => {
      class Own extends Error {
        override name = 'Own'
        override toString(): string {
          return 'own'
        }
      }
      const error = new Error('a')
      error.name = 'Renamed'
      error.message = 'b'
      const plain: Record<string, unknown> = {}
      plain['toString'] = () => 'mine'
      plain['constructor'] = 1
      function Old(this: object): void {}
      Old.prototype.toString = () => 'old'
      const list = [1, 2]
      list.push(3)
      return [
        String(new Own('x')),
        String(error),
        Reflect.apply(String, null, [plain]),
        plain['constructor'],
        Reflect.apply(String, null, [Reflect.construct(Old, [])]),
        list,
      ]
    })
    expect(await usual().get()).toEqual(['own', 'Renamed: b', 'mine', 1, 'old', [1, 2, 3]])
  })

  test('allocating without end is ended, and the page goes on', async () => {
    const hoard = inPage(() => {
      const all: unknown[] = []
      for (;;) all.push(Array.from({ length: 1_000_000 }, (_, i) => ({ i })))
    }).with({ attemptTimeoutMs: 1_000 })
    const error = await hoard()
      .get()
      .catch((reason: unknown) => reason)
    expect(['WORKER_DIED', 'TASK_TIMEOUT', 'TASK_FAILED']).toContain(codeOf(error))
    await nothingHappened()
  })
})
