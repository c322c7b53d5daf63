// Actors in pages: the same class, in a worker of the sandboxed frame, and what becomes of it when its tab is closed.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { heard, until } from '../processes/flock.ts'
import { Pages } from './pages.ts'
import type { Tab } from './pages.ts'
import type * as tally from './tally.task.ts'

let pages: Pages
let mesh: Mesh
let first: Tab

beforeAll(async () => {
  pages = await Pages.start(1, { slots: 0 })
  mesh = await pages.flock.join()
  first = await pages.open()
  await until(() => mesh.peers().some(({ id }) => id === first.id))
})
afterAll(() => pages.end())

test('what came with a module is there in a tab', async () => {
  const assets = [new URL('./labels.json', import.meta.url)]
  const { labels } = await mesh.use<typeof tally>(new URL('./tally.task.ts', import.meta.url), { assets })
  expect(
    await labels
      .with({ needs: { labels: { kind: 'browser' } } })()
      .get(),
  ).toEqual(['wren', 'owl'])
})

/** The last one: it closes the tab of both. */
test('an actor in a tab counts, and goes on in another one when that is closed', async () => {
  const { Tally } = await mesh.use<typeof tally>(new URL('./tally.task.ts', import.meta.url))
  const inPages = { needs: { labels: { kind: 'browser' } }, restarts: -1, onceOnly: true }
  const counter = Tally.with(inPages).spawn(1)
  expect(await mesh.get([counter.add(1), counter.addTwice(2), counter.add(1)])).toEqual([2, 6, 7])

  const second = await pages.open()
  await until(() => mesh.peers().some(({ id }) => id === second.id))
  const restarted = heard(mesh, 'actor:restarted')
  await first.page.close()
  expect(await counter.add(1).get()).toBe(8)
  expect((await restarted).fn).toBe('Tally')
})
