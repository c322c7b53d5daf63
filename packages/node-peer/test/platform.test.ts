import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNodePlatform } from '../src/platform.ts'
import { startChildPeer, temporaryHome } from './fixtures/child.ts'

const never = new AbortController().signal
let home: string

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(() => rm(home, { recursive: true, force: true }))

test('peers of one user reach and admit each other', async () => {
  const { platform, identity, close } = await createNodePlatform({ home })
  const other = await startChildPeer(home)
  const stream = await platform.transport.open('link', other.peer, other.addresses, never)
  const answer = new Promise<string>((resolve) => stream.onData((bytes) => resolve(Buffer.from(bytes).toString())))
  stream.send(Buffer.from('hello'))
  expect(await answer).toBe('hello')
  expect(other.mesh).toBe(platform.admission.mesh)
  expect(identity.name).toMatch(/^[a-z]+-[0-9a-f]{4}$/)
  await close()
  expect(await other.leave()).toBe(0)
})

test('a killed process ends its streams, and dialling it again is refused', async () => {
  const { platform, close } = await createNodePlatform({ home })
  const other = await startChildPeer(home)
  const ends: (Error | undefined)[] = []
  const streams = [
    await platform.transport.open('link', other.peer, other.addresses, never),
    await platform.transport.open('object', other.peer, other.addresses, never),
  ]
  const ended = Promise.all(
    streams.map(
      (stream) =>
        new Promise<void>((resolve) => {
          stream.onClose((error) => {
            ends.push(error)
            resolve()
          })
        }),
    ),
  )
  other.process.kill('SIGKILL')
  await ended
  expect(ends.map((error) => error instanceof Error)).toEqual([true, true])
  await other.kill()
  await expect(platform.transport.open('link', other.peer, other.addresses, never)).rejects.toMatchObject({
    name: 'DialError',
    refused: true,
  })
  await close()
})

test('a fresh identity leaves nothing behind', async () => {
  const one = await createNodePlatform({ home, identity: 'fresh', listen: [] })
  const two = await createNodePlatform({ home, identity: 'fresh', listen: [] })
  expect(one.identity.peer).not.toBe(two.identity.peer)
  expect(one.platform.admission.mesh).toBe(two.platform.admission.mesh)
  await Promise.all([one.close(), two.close()])
  const kept = await createNodePlatform({ home, listen: [] })
  expect(kept.identity.life).toBe(1)
  await kept.close()
})

test('the identity is free again when listening fails', async () => {
  const one = await createNodePlatform({ home })
  const port = Number(/tcp\/(\d+)\/p2p/.exec(one.platform.transport.addresses().join(' '))?.[1])
  await expect(createNodePlatform({ home, port })).rejects.toMatchObject({ code: 'PORT_IN_USE', port })
  const two = await createNodePlatform({ home })
  expect(two.identity.life).toBe(2)
  await Promise.all([one.close(), two.close()])
})
