// The lives of a page: closed in the middle of a task, reloaded, opened twice.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { heard, until } from '../processes/flock.ts'
import { Pages } from './pages.ts'

let pages: Pages
let mesh: Mesh

beforeAll(async () => {
  pages = await Pages.start(1, { slots: 0 })
  mesh = await pages.flock.join()
})
/** Of one test's pages the next has nothing: neither their identities nor peers that are not missed yet. */
afterEach(async () => {
  await pages.forget()
  await until(() => mesh.peers().every(({ kind }) => kind !== 'browser'))
})
afterAll(() => pages.end())

function stateOf(id: string): string | undefined {
  return mesh.peers({ all: true }).find((peer) => peer.id === id)?.state
}

test('what a page ran when it was closed is run elsewhere', async () => {
  const [first, second] = [await pages.open(), await pages.open()]
  await until(() => mesh.peers().filter(({ kind }) => kind === 'browser').length === 2)
  const ref = mesh.fn(() => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 2_000)))()
  const hostOf = async (): Promise<string | null> =>
    (await mesh.tasks()).find(({ state }) => state === 'assigned')?.peer ?? null
  await until(async () => (await hostOf()) !== null)
  const host = await hostOf()
  const id = mesh.peers().find(({ name }) => name === host)?.id
  const [one, other] = id === first.id ? [first, second] : [second, first]
  await one.page.close()
  expect(await ref.get()).toBe('done')
  expect(stateOf(other.id)).toBe('alive')
  expect(stateOf(one.id)).not.toBe('alive')
})

test('a page that is reloaded is the same peer in a later life', async () => {
  const { page, id, life } = await pages.open()
  await page.reload()
  const again = await pages.join(page)
  expect(again.id).toBe(id)
  expect(again.life).toBe(life + 1)
  await until(() => stateOf(id) === 'alive')
  expect(
    await mesh
      .fn((x: number) => x + 1)(1)
      .get(),
  ).toBe(2)
})

test('two tabs are two peers, and the next one is who was closed', async () => {
  const [first, second] = [await pages.open(), await pages.open()]
  expect(second.id).not.toBe(first.id)
  await first.page.close()
  const third = await pages.open()
  expect([third.id, third.life]).toEqual([first.id, first.life + 1])
})

test('where nothing can be kept, a passing identity serves and says so', async () => {
  const page = await pages.blank()
  await page.evaluate(() =>
    Object.defineProperty(navigator, 'locks', { value: { request: () => Promise.reject(new Error('blocked')) } }),
  )
  const said: string[] = []
  page.on('console', (message) => void said.push(message.text()))
  const { life } = await pages.join(page)
  expect(life).toBe(1)
  await until(() => said.length > 0)
  expect(said.join()).toMatch(/murmuration: .*; this page will not be recognised when it returns\.$/)
})

test('a page that leaves says goodbye', async () => {
  const { page, id } = await pages.open()
  await until(() => stateOf(id) === 'alive')
  const left = heard(mesh, 'peer:left', ({ peer }) => peer === id)
  await page.evaluate(() => mesh.leave())
  await left
})

test('a page that goes elsewhere says goodbye in time, with what it ran', async () => {
  const { page, id } = await pages.open()
  await until(() => stateOf(id) === 'alive')
  const never = mesh.fn(() => new Promise<string>(() => {}))()
  await until(async () => (await mesh.tasks()).some(({ state }) => state === 'assigned'))
  const left = heard(mesh, 'peer:left', ({ peer }) => peer === id)
  const retried = heard(mesh, 'task:retried')
  await page.goto('about:blank')
  await left
  await retried
  await never.cancel()
})

test('a page that crashes is found dead, and what it ran is run again', async () => {
  const { page, id } = await pages.open()
  await until(() => stateOf(id) === 'alive')
  const never = mesh.fn(() => new Promise<string>(() => {}))()
  await until(async () => (await mesh.tasks()).some(({ state }) => state === 'assigned'))
  const died = heard(mesh, 'peer:died', ({ peer }) => peer === id)
  const retried = heard(mesh, 'task:retried')
  await page.goto('chrome://crash').catch(() => {})
  await died
  await retried
  await never.cancel()
})

test('a page that nobody looks at is shown as hidden, and alive again when somebody does', async () => {
  const { page, id } = await pages.open()
  await until(() => stateOf(id) === 'alive')
  const isNow = (visibility: string): Promise<void> =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, visibility)
  await isNow('hidden')
  await until(() => stateOf(id) === 'hidden')
  expect(
    await mesh
      .fn((x: number) => x + 1)(1)
      .get(),
  ).toBe(2)
  await isNow('visible')
  await until(() => stateOf(id) === 'alive')
})

test('a page that is frozen gives back what runs there, and gives again what it gave when it is thawed', async () => {
  const ordinary = await Pages.startOrdinary(1, { slots: 0 })
  try {
    const watching = await ordinary.flock.join()
    const { page, id } = await ordinary.open({ slots: 2 })
    const slots = (): number | undefined => watching.peers({ all: true }).find((peer) => peer.id === id)?.slots
    await until(() => slots() === 2)
    let deaths = 0
    watching.addEventListener('peer:died', ({ detail }) => void (detail.peer === id && deaths++))
    const waits = watching.fn(() => new Promise<string>((resolve) => setTimeout(() => resolve('done'), 1_000)))
    const refs = [waits(), waits(), waits()]
    const isGiven = async (): Promise<boolean> => (await watching.tasks()).some(({ state }) => state === 'assigned')
    await until(isGiven)
    const session = await ordinary.context.newCDPSession(page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await until(() => slots() === 0)
    await until(async () => !(await isGiven()))
    // It gave back by itself. Only what a death gives back costs a retry, should a busy machine have it thought dead.
    const { retried } = await watching.counters()
    expect(retried).toBeLessThanOrEqual(deaths * refs.length)
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    await until(() => slots() === 2)
    expect(await watching.get(refs)).toEqual(['done', 'done', 'done'])
  } finally {
    await ordinary.end()
  }
})
