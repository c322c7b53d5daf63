import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { joinMesh } from '@murmuration/node-peer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { temporaryHome } from './fixtures/child.ts'
import type * as env from './fixtures/env.task.ts'
import type * as processes from './fixtures/starts.task.ts'

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

test.each(['cancelled', 'left behind by its peer'])(
  'a process that a task has started with its signal ends with it: %s',
  async (end) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const mesh = await joinMesh({ home, entry: [], slots: 1 })
    const { starts } = await mesh.use<typeof processes>(new URL('./fixtures/starts.task.ts', import.meta.url))
    const connected = once(server, 'connection') as Promise<[Socket]>
    const ref = starts(port)
    const failed = ref.get().catch((error: unknown) => error)
    const [socket] = await connected
    socket.on('error', () => {})
    const closed = once(socket.resume(), 'close')
    if (end === 'cancelled') await ref.cancel('enough')
    if (end === 'left behind by its peer') await mesh.leave()
    await closed
    expect(await failed).toMatchObject({ name: 'MeshError' })
    await mesh.leave()
    server.close()
  },
)
