// A page is a peer: it joins over a WebSocket, runs what others submit, and submits what others run.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { heard, until } from '../processes/flock.ts'
import { Pages } from './pages.ts'

let pages: Pages
let mesh: Mesh

beforeAll(async () => {
  pages = await Pages.start(1)
  mesh = await pages.flock.join()
})
afterAll(() => pages.end())

test('tasks of a page run on a Node peer', async () => {
  const { page } = await pages.open({ slots: 0 })
  const squares = await page.evaluate(async () => {
    const square = mesh.fn((x: number) => x * x)
    const kind = mesh.fn(() => typeof process)
    return [await mesh.get([square(7), square(8)]), await kind().get()]
  })
  expect(squares).toEqual([[49, 64], 'object'])
  await page.close()
})

describe('with a slot', () => {
  let id: string

  beforeAll(async () => {
    id = (await pages.open()).id
    await until(() => mesh.peers().some((peer) => peer.id === id && peer.slots === 1))
  })

  test('tasks of a Node peer run in a page', async () => {
    expect(mesh.peers().find((peer) => peer.id === id)).toMatchObject({ kind: 'browser', slots: 1 })
    const where = mesh.fn((x: number) => [x, typeof self, typeof process])
    expect(
      await where
        .with({ needs: { labels: { kind: 'browser' } } })(1)
        .get(),
    ).toEqual([1, 'object', 'undefined'])
  })

  test('what a task prints in a page is told to the program that asked for it', async () => {
    const printed = heard(mesh, 'task:printed')
    const talk = mesh.fn(function talk() {
      console.warn('from', { a: 'page' })
    })
    await talk
      .with({ needs: { labels: { kind: 'browser' } } })()
      .get()
    expect(await printed).toMatchObject({ fn: 'talk', peer: id, level: 'warn', text: 'from {"a":"page"}', again: 0 })
  })
})
