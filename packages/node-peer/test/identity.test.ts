import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeIdentity } from '../src/identity.ts'
import type { Identity } from '../src/identity.ts'
import { startChildPeer, temporaryHome } from './fixtures/child.ts'
import type { ChildPeer } from './fixtures/child.ts'

let home: string
const children: ChildPeer[] = []

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()))
  await rm(home, { recursive: true, force: true })
})

async function start(): Promise<ChildPeer> {
  const child = await startChildPeer(home)
  children.push(child)
  return child
}

function peerOf({ key }: Identity): string {
  return peerIdFromPrivateKey(key).toString()
}

const silent = (): void => {}

test('a peer that returns is recognised, in its next life', async () => {
  const first = await takeIdentity({ home })
  await first.release()
  const second = await takeIdentity({ home })
  expect([peerOf(second), first.life, second.life]).toEqual([peerOf(first), 1, 2])
})

test('the identity in use is never given twice within a process', async () => {
  const taken = await Promise.all(Array.from({ length: 8 }, () => takeIdentity({ home })))
  expect(new Set(taken.map(peerOf)).size).toBe(8)
})

test('another process takes the next identity, and the first one once it is free', async () => {
  const first = await start()
  const second = await start()
  expect(second.peer).not.toBe(first.peer)
  expect(await first.leave()).toBe(0)
  const third = await start()
  expect([third.peer, third.life]).toEqual([first.peer, first.life + 1])
})

test('an identity whose process was killed is taken over, in a higher life', async () => {
  const first = await start()
  await first.kill()
  const second = await start()
  expect([second.peer, second.life]).toEqual([first.peer, first.life + 1])
})

test('processes that start at once share nobody and agree on the mesh key', async () => {
  const peers = await Promise.all([start(), start(), start(), start()])
  expect(new Set(peers.map(({ peer }) => peer)).size).toBe(4)
  expect(new Set(peers.map(({ mesh }) => mesh)).size).toBe(1)
})

test('keys are the user’s alone', async () => {
  const identity = await takeIdentity({ home: join(home, 'new') })
  const modes = await Promise.all(
    ['new', 'new/peers/0', 'new/peers/0/key'].map(async (path) =>
      ((await stat(join(home, path))).mode & 0o777).toString(8),
    ),
  )
  expect(modes).toEqual(['700', '700', '600'])
  await identity.release()
})

test('a key that is none is moved aside, in one sentence', async () => {
  const first = await takeIdentity({ home })
  await first.release()
  const path = join(home, 'peers', '0', 'key')
  await writeFile(path, 'rubbish')
  const warnings: string[] = []
  const second = await takeIdentity({ home, warn: (sentence) => warnings.push(sentence) })
  expect(peerOf(second)).not.toBe(peerOf(first))
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain(path)
  const aside = (await readdir(join(home, 'peers', '0'))).find((name) => name.startsWith('key.corrupt-'))
  expect(await readFile(join(home, 'peers', '0', aside ?? ''), 'utf8')).toBe('rubbish')
})

test('a life file that cannot be read, or another machine’s, is left alone', async () => {
  const unreadable = join(home, 'peers', '0')
  const elsewhere = join(home, 'peers', '1')
  await mkdir(unreadable, { recursive: true })
  await mkdir(elsewhere, { recursive: true })
  await writeFile(join(unreadable, 'life-4'), '')
  await writeFile(
    join(elsewhere, 'life-9'),
    JSON.stringify({ pid: 1, host: `not-${hostname()}`, startedAt: Date.now() }),
  )
  await takeIdentity({ home })
  expect(await readdir(join(home, 'peers', '2'))).toContain('life-1')
})

test('a process number from before the last boot proves nothing', async () => {
  const directory = join(home, 'peers', '0')
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'life-4'), JSON.stringify({ pid: process.pid, host: hostname(), startedAt: 1_000 }))
  expect((await takeIdentity({ home })).life).toBe(5)
})

test('old life files go, the number stays', async () => {
  for (let life = 1; life <= 20; life++) {
    const identity = await takeIdentity({ home })
    expect(identity.life).toBe(life)
    await identity.release()
  }
  const lives = (await readdir(join(home, 'peers', '0'))).filter((name) => name.startsWith('life-'))
  expect(lives.length).toBeLessThan(12)
})

test('where nothing can be written, a fresh identity and one warning', async () => {
  const blocked = join(home, 'file')
  await writeFile(blocked, '')
  const warnings: string[] = []
  const warn = (sentence: string): void => void warnings.push(sentence)
  const [one, two] = [await takeIdentity({ home: blocked, warn }), await takeIdentity({ home: blocked, warn: silent })]
  expect([one.life, two.life, warnings.length]).toEqual([1, 1, 1])
  expect(peerOf(one)).not.toBe(peerOf(two))
  expect(warnings[0]).toContain(blocked)
})
