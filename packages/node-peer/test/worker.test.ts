import { rm } from 'node:fs/promises'
import { joinMesh } from '@murmuration/node-peer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryHome } from './fixtures/child.ts'
import type * as env from './fixtures/env.task.ts'

let home: string

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(() => rm(home, { recursive: true, force: true }))

test('a worker that goes on to another module sees that one’s environment and nothing of the last', async () => {
  const mesh = await joinMesh({ home, entry: [], slots: 1 })
  const url = new URL('./fixtures/env.task.ts', import.meta.url)
  const one = await mesh.use<typeof env>(url, { env: { FIRST: '1', LANG: 'xx' } })
  const two = await mesh.use<typeof env>(url, { env: { SECOND: '2' } })
  expect(await one.environment().get()).toMatchObject({ FIRST: '1', LANG: 'xx' })
  const seen = await two.environment().get()
  expect(seen['SECOND']).toBe('2')
  expect(seen['FIRST']).toBeUndefined()
  expect(seen['LANG']).toBe(process.env['LANG'])
  expect(seen['PATH']).toBe(process.env['PATH'])
  await mesh.leave()
})
