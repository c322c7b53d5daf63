import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { livingPeers, writeRunFile } from '../src/entry.ts'
import { temporaryHome } from './fixtures/child.ts'

let home: string

beforeEach(async () => {
  home = await temporaryHome()
})

afterEach(() => rm(home, { recursive: true, force: true }))

const running = {
  pid: process.pid,
  peer: 'one',
  name: 'kestrel-3f',
  addresses: ['/ip4/127.0.0.1/tcp/9000'],
  startedAt: Date.now(),
  mesh: '0011',
}

test('nobody runs in a home that does not exist', async () => {
  expect(await livingPeers(join(home, 'none'))).toEqual([])
})

test('living peers are found, newest first, until they stop', async () => {
  const older = await writeRunFile(home, running)
  const newer = { ...running, peer: 'two', startedAt: running.startedAt + 1 }
  await writeRunFile(home, newer)
  expect(await livingPeers(home)).toEqual([newer, running])
  older.remove()
  older.remove()
  expect(await livingPeers(home)).toEqual([newer])
})

test('files of the dead and files that are none are removed', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  await writeRunFile(home, { ...running, pid: child.pid ?? 0 })
  await mkdir(join(home, 'run'), { recursive: true })
  await writeFile(join(home, 'run', '1-x.json'), '{"pid":1}')
  expect(await livingPeers(home)).toEqual([])
  expect(await readdir(join(home, 'run'))).toEqual([])
})
