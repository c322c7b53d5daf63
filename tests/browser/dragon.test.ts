// The dragon on three pages and two Node peers while all that happens to pages happens to them, each time to one that
// has work: a crash, a close, a freeze, a lost network, a reload. It is rendered again whenever one waits for work, until
// that is through, and each picture must be to the byte what one process draws alone.

import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Mesh } from 'murmuration'
import { renderAlone } from '@murmuration/demo/dragon/alone'
import { canvasHere } from '@murmuration/demo/dragon/canvas'
import { readModelFile } from '@murmuration/demo/dragon/model-file'
import { planPicture } from '@murmuration/demo/dragon/plan'
import { renderOnMesh } from '@murmuration/demo/dragon/render-job'
import { until } from '../processes/flock.ts'
import { Pages } from './pages.ts'
import type { Tab } from './pages.ts'

const view = { width: 160, height: 80, samples: 12 }

let pages: Pages
let mesh: Mesh
/** How many troubles wait for a page to have work. */
let waiting = 0

beforeEach(async () => {
  pages = await Pages.startOrdinary(2)
  mesh = await pages.flock.join()
})
afterEach(() => pages.end())

test('pages crash, close, freeze, lose the network and reload, and the picture is the same', async () => {
  // Of a finer scan a peer that renders would be sent tens of megabytes; every page that comes in another's place as well.
  const model = await readModelFile({ coarse: true })
  const alone = await drawAlone(model)
  const tabs = await Promise.all([pages.open(), pages.open(), pages.open()])
  await Promise.all(tabs.map(({ id }) => until(() => isAlive(id))))
  let over = false
  const troubled = trouble(tabs).finally(() => (over = true))
  const [drawn] = await Promise.all([drawUntil(model, () => over), troubled])
  expect(drawn).toEqual(drawn.map(() => alone))
}, 300_000)

/** Three at once, each to a page that has work; then the other two, to who came in place of those that are gone. */
async function trouble([first, second, third]: readonly Tab[]): Promise<void> {
  if (!first || !second || !third) throw new Error('three pages are to be troubled')
  const ends = [atWork(first).then(() => crash(first)), atWork(second).then(() => close(second))]
  // Nobody comes before both are known to be gone: who comes is one of them in a later life, and alive.
  const replaced = Promise.all(ends).then((): Promise<[Tab, Tab]> => Promise.all([openWithoutWebRtc(), pages.open()]))
  const frozen = atWork(third).then(() => freezeAndThaw(third))
  const [[fourth, fifth]] = await Promise.all([replaced, frozen])
  await Promise.all([atWork(fourth).then(() => cutOff(fourth)), atWork(fifth).then(() => reload(fifth))])
  // And then they are of use again.
  await Promise.all([third, fourth, fifth].map(atWork))
}

async function crash({ page, id }: Tab): Promise<void> {
  const session = await pages.context.newCDPSession(page)
  // There is nobody left to answer.
  void session.send('Page.crash').catch(() => undefined)
  await until(() => isGone(id))
  await page.close()
}

async function close({ page, id }: Tab): Promise<void> {
  await page.close()
  await until(() => isGone(id))
}

async function freezeAndThaw({ page, id }: Tab): Promise<void> {
  const session = await pages.context.newCDPSession(page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await until(() => isGone(id))
  await session.send('Page.setWebLifecycleState', { state: 'active' })
  await until(() => isAlive(id))
}

/** Nothing takes WebRTC from a page while it stands, so that one is without it from the start. */
async function openWithoutWebRtc(): Promise<Tab> {
  const page = await pages.blank({ withNetwork: true })
  await page.evaluate(() => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection'))
  return pages.join(page)
}

async function cutOff({ page, id }: Tab): Promise<void> {
  const session = await pages.context.newCDPSession(page)
  const throughput = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
  await session.send('Network.emulateNetworkConditions', { offline: true, ...throughput })
  await until(() => isGone(id))
  await session.send('Network.emulateNetworkConditions', { offline: false, ...throughput })
  await until(() => isAlive(id))
}

async function reload({ page, id, life }: Tab): Promise<void> {
  await page.reload()
  const again = await pages.join(page)
  expect([again.id, again.life]).toEqual([id, life + 1])
  await until(() => isAlive(id))
}

function stateOf(id: string): string | undefined {
  return mesh.peers({ all: true }).find((peer) => peer.id === id)?.state
}

function isAlive(id: string): boolean {
  // Only one tab of a window is looked at.
  return stateOf(id) === 'alive' || stateOf(id) === 'hidden'
}

function isGone(id: string): boolean {
  return stateOf(id) === 'dead' || stateOf(id) === 'left'
}

/** Resolves once something runs there. Who asks for tasks asks every peer, so that it is not done without a pause. */
async function atWork({ id }: Tab): Promise<void> {
  const isAtWork = async (): Promise<boolean> => {
    const name = mesh.peers().find((peer) => peer.id === id)?.name
    const tasks = await mesh.tasks({ limit: 1_000 })
    return name !== undefined && tasks.some(({ state, peer }) => state === 'assigned' && peer === name)
  }
  waiting++
  await vi.waitUntil(isAtWork, { timeout: 120_000, interval: 200 })
  waiting--
}

/** The SHA-256 of each picture until it is over; one at least. None is begun while nobody waits for work. */
async function drawUntil(model: Uint8Array, isOver: () => boolean): Promise<string[]> {
  const drawn = []
  do {
    drawn.push(await draw(model, `dragon ${drawn.length}`))
    await vi.waitUntil(() => waiting > 0 || isOver(), { timeout: 120_000, interval: 20 })
  } while (!isOver())
  return drawn
}

async function draw(model: Uint8Array, name: string): Promise<string> {
  const plan = planPicture(view)
  const canvas = canvasHere(plan, join(pages.flock.home, `${name}.png`))
  const events = { done: () => {}, pass: canvas.preview, tile: canvas.finish }
  await using job = await mesh.job(name)
  await renderOnMesh(job, plan, { model, events, signal: new AbortController().signal })
  return (await canvas.close()) ?? 'nothing was drawn'
}

/** What `dragon --alone` does. */
async function drawAlone(model: Uint8Array): Promise<string> {
  const plan = planPicture(view)
  const canvas = canvasHere(plan, join(pages.flock.home, 'alone.png'))
  await renderAlone(plan, model, { canvas, done: () => {}, signal: new AbortController().signal })
  return (await canvas.close()) ?? 'nothing was drawn'
}
