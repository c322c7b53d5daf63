// Pages find each other through a Node peer and then talk directly, over WebRTC.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Pages, untilIn } from './pages.ts'
import type { Tab } from './pages.ts'

let pages: Pages
/** One page for all, which runs nothing. */
let tab: Tab

beforeAll(async () => {
  pages = await Pages.start(1, { slots: 0 })
  tab = await pages.open({ slots: 0 })
})
afterAll(() => pages.end())

/** Resolves once that is how a tab is connected to a peer: the protocols of its connections, `''` when there is none. */
function untilLinked({ page }: Tab, id: string, ways: string): Promise<void> {
  return untilIn(page, ([other, wanted]) => doors.waysTo(other).join() === wanted, [id, ways] as const)
}

/** Resolves once a tab has a direct connection to a peer, whatever others it has beside it. */
function untilDirect({ page }: Tab, id: string): Promise<void> {
  return untilIn(page, (other) => doors.waysTo(other).includes('webrtc'), id)
}

test('a page lets go of its connections to pages that have gone', async () => {
  const { page } = tab
  const devtools = await page.context().newCDPSession(page)
  const visitors = 4
  for (let visits = 0; visits < visitors; visits++) {
    const visitor = await pages.open()
    await untilDirect(tab, visitor.id)
    await visitor.page.close()
    await untilIn(page, (id) => mesh.peers().every((peer) => peer.id !== id), visitor.id)
    // All of them have one id: what stayed of this one would be taken for the next one's.
    await untilLinked(tab, visitor.id, '')
  }
  // Told by the collector, which is why it is not asked all the time: what it finds is what is still held.
  const held = async (): Promise<string[]> => {
    const { result } = await devtools.send('Runtime.evaluate', { expression: 'RTCPeerConnection.prototype' })
    const { objects } = await devtools.send('Runtime.queryObjects', { prototypeObjectId: result.objectId ?? '' })
    const { result: states } = await devtools.send('Runtime.callFunctionOn', {
      functionDeclaration: 'function () { return this.map((held) => held.connectionState) }',
      objectId: objects.objectId ?? '',
      returnByValue: true,
    })
    await devtools.send('Runtime.releaseObject', { objectId: objects.objectId ?? '' })
    return states.value as string[]
  }
  // Closed ones may stay in sight of the collector, which takes whatever looks like a pointer for one; not one for each visitor.
  await expect
    .poll(held, { timeout: 60_000, interval: 500 })
    .toSatisfy((states: string[]) => states.length <= visitors / 2 && states.every((state) => state === 'closed'))
})

describe('beside a page that runs tasks', () => {
  let runner: Tab

  beforeAll(async () => {
    runner = await pages.open()
    await untilIn(tab.page, (id) => mesh.peers().some((peer) => peer.id === id), runner.id)
  })

  test('tasks of a page run on another page, without a detour', async () => {
    const squares = await tab.page.evaluate(async () => {
      const square = mesh.fn((x: number) => x * x).with({ needs: { labels: { kind: 'browser' } } })
      return mesh.get(Array.from({ length: 100 }, (_, i) => square(i)))
    })
    expect(squares).toEqual(Array.from({ length: 100 }, (_, i) => i * i))
    await untilLinked(tab, runner.id, 'webrtc')
    await untilLinked(runner, tab.id, 'webrtc')
  })

  /** The last one: nobody brings pages together after it. */
  test('pages that are linked go on without the peer that brought them together', async () => {
    const twice = (): Promise<number> =>
      tab.page.evaluate(() =>
        mesh
          .fn((x: number) => x * 2)
          .with({ needs: { labels: { kind: 'browser' } } })(21)
          .get(),
      )
    expect(await twice()).toBe(42)
    await untilDirect(tab, runner.id)
    await pages.flock.peers[0]?.kill()
    expect(await twice()).toBe(42)
  })
})
