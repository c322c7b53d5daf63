// The demo page as people use it, served as `murmur up --page` does: opening the link, agreeing, looking, asking for the
// picture, closing the page, pulling a plug, leaving. What is on it is found as a screen reader finds it.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BrowserContext, Page } from 'playwright-core'
import { makeInvite, servePage } from '@murmuration/node-peer/internal'
import type { ServedPage } from '@murmuration/node-peer/internal'
import { Flock, until } from '../processes/flock.ts'
import { startChromium, withhold } from './chromium.ts'

let flock: Flock
let served: ServedPage
const contexts: BrowserContext[] = []
/** What pages complained of, but for connections to those who are gone. */
let complaints: string[] = []

beforeAll(async () => {
  flock = await Flock.start(2)
  served = await servePage()
})
/** Visitors of one test are gone for those of the next. */
beforeEach(() => until(async () => (await flock.peers[0]?.peers())?.every(({ kind }) => kind !== 'browser') ?? false))
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close()
  expect(complaints.splice(0)).toEqual([])
})
afterAll(async () => {
  await served.close()
  await flock.end()
})

async function invite(role: 'member' | 'worker'): Promise<string> {
  const entry = flock.peers.flatMap(({ addresses }) => addresses.filter((address) => address.includes('/ws')))
  const { link } = await makeInvite({ home: flock.home, role, forMs: 600_000, entry, page: served.url })
  return link.replace('/#', '/?picture=160x120-2#')
}

/** A visitor of their own: nothing is shared with the others. What is done to its network needs that to be told of. */
async function visit(link: string, { withNetwork = false }: { withNetwork?: boolean } = {}): Promise<Page> {
  const context = await (await startChromium()).newContext()
  contexts.push(context)
  const page = await context.newPage()
  if (!withNetwork) await withhold(page)
  page.setDefaultTimeout(60_000)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/WebSocket connection/.test(message.text())) complaints.push(message.text())
  })
  await page.goto(link)
  return page
}

async function join(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Join the mesh' }).click()
  await page.getByRole('heading', { name: 'The flock' }).waitFor()
  return (await page.locator('.who b').textContent()) ?? ''
}

test('nothing runs before it is agreed to; pausing and leaving are at hand; it asks again next time', async () => {
  const page = await visit(await invite('worker'))
  await page.getByText('in a sandbox, without network, files or access').waitFor()
  expect(await page.locator('iframe').count()).toBe(0)
  const name = await join(page)
  for (const peer of flock.peers)
    await page.getByRole('button', { name: new RegExp(`^${peer.name}, a process`) }).waitFor()
  await page.getByText(/^Lending \d+ of \d+ cores? of this computer/).waitFor()
  await page.getByText('Your invite is a worker’s').waitFor()

  const slotsSeen = async () => (await flock.peers[0]?.peers())?.find((peer) => peer.name === name)?.slots
  expect(await slotsSeen()).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText('Paused: nothing runs on this computer').waitFor()
  await expect.poll(slotsSeen, { timeout: 30_000 }).toBe(0)
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect.poll(slotsSeen, { timeout: 30_000 }).toBeGreaterThan(0)

  await page.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { name: 'You have left' }).waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Join the mesh' }).waitFor()
})

test('a picture is asked for on one page, which is closed, and finished for another, which loses its plug', async () => {
  const link = await invite('member')
  const asks = await visit(link)
  await join(asks)
  await asks.getByRole('button', { name: 'Render it' }).click()
  await asks.getByRole('progressbar', { name: 'Rendering' }).waitFor()
  const looks = await visit(link)
  const name = await join(looks)
  await looks.getByRole('progressbar', { name: 'Rendering' }).waitFor()
  await asks.close()
  await looks.getByText('Complete: 4 of 4 tiles final').waitFor()
  await looks.getByRole('img', { name: /path-traced dragon.*complete/ }).waitFor()

  const pulls = await visit(link)
  await join(pulls)
  await pulls.getByRole('button', { name: new RegExp(`^${name}, a page`) }).click()
  await pulls.getByRole('button', { name: 'Pull the plug' }).click()
  await looks.getByRole('heading', { name: 'Somebody pulled the plug' }).waitFor()
  await pulls.getByText(new RegExp(`${name} died: `)).waitFor()
  await looks.getByRole('button', { name: 'Come back' }).click()
  await looks.getByRole('heading', { name: 'The flock' }).waitFor()
})

test('a function that is typed runs over a range', async () => {
  const page = await visit(await invite('member'))
  await join(page)
  await page.getByRole('tab', { name: 'Write a function' }).click()
  await page.getByRole('textbox', { name: /^A function of one number/ }).fill('(n) => n * n')
  await page.getByRole('spinbutton', { name: 'to' }).fill('20')
  await page.getByRole('button', { name: 'Run on the mesh' }).click()
  await page.getByText(/20 of 20 results/).waitFor()
  expect(await page.getByRole('listitem').allTextContents()).toContain('12 144')

  await page.getByRole('textbox', { name: /^A function of one number/ }).fill('(n) => n * outside')
  await page.getByRole('button', { name: 'Run on the mesh' }).click()
  await page.getByRole('alert').getByText('uses outside from outside').waitFor()
})

test('where nobody answers it counts down, tries again by itself, and is in once somebody does', async () => {
  const page = await visit(await invite('worker'), { withNetwork: true })
  await page.waitForLoadState('networkidle')
  await page.context().setOffline(true)
  await page.getByRole('button', { name: 'Join the mesh' }).click()
  await page.getByRole('heading', { name: 'Nobody answers' }).waitFor()
  const countdown = page.getByRole('timer').getByText(/Trying again in \d+ s/)
  await countdown.waitFor()
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: 'The flock' }).waitFor()
  expect(await countdown.count()).toBe(0)
})

test('a page of another version says so, and is of use when it is loaded again', async () => {
  const page = await visit('about:blank', { withNetwork: true })
  let aged = 0
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch()
    const text = await response.text()
    const older = text.replace(/\(\{version:\d+,life:/, '({version:0,life:')
    if (older !== text) aged++
    // A new version has new names; here the old one must not be taken from the cache.
    await route.fulfill({ response, body: older, headers: { ...response.headers(), 'cache-control': 'no-store' } })
  })
  await page.goto(await invite('worker'))
  await page.getByRole('button', { name: 'Join the mesh' }).click()
  await page.getByRole('heading', { name: 'The mesh speaks another version' }).waitFor()
  await page.getByText(/speaks protocol \d+, the other 0: update the older of the two/).waitFor()
  expect(aged).toBe(1)
  await page.unrouteAll({ behavior: 'wait' })
  await page.getByRole('button', { name: 'Load the page again' }).click()
  await page.getByRole('heading', { name: 'The flock' }).waitFor()
})

/** The last one: nobody is there after it. */
test('without an invite, with half of one, and with nobody there', async () => {
  const uninvited = await visit(served.url)
  await uninvited.getByRole('heading', { name: 'This page needs an invite' }).waitFor()
  const link = await invite('member')
  const cut = await visit(link.slice(0, -40))
  await cut.getByRole('button', { name: 'Join the mesh' }).click()
  await cut.getByText('it is cut short').waitFor()
  await flock.end()
  const alone = await visit(link)
  await alone.getByRole('button', { name: 'Join the mesh' }).click()
  await alone.getByRole('heading', { name: 'Nobody answers' }).waitFor()
  await alone
    .getByRole('timer')
    .getByText(/Trying again in \d+ s/)
    .waitFor()
})
