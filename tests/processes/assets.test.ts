// Files that come with a task module: on the peer that runs it, in Node and in what it asks for in turn.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Scope, Tasks } from 'murmuration'
import { Flock } from './flock.ts'
import type * as assets from './assets.task.ts'

let flock: Flock
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'murmuration-assets-'))
  flock = await Flock.start(1, { preset: 'test' })
})
afterEach(async () => {
  await flock.end()
  await rm(directory, { recursive: true, force: true })
})

async function use(text: string | Uint8Array, by?: Pick<Scope, 'use'>): Promise<Tasks<typeof assets>> {
  const file = join(directory, 'words.txt')
  await writeFile(file, text)
  const scope = by ?? (await flock.join({ preset: 'test' }))
  return scope.use(new URL('./assets.task.ts', import.meta.url), { assets: [pathToFileURL(file)] })
}

test('a task reads it as a Blob and by its path, and so do its children and actors', async () => {
  const tasks = await use('a flock has no leader')
  expect(await tasks.words().get()).toEqual(['a', 'flock', 'has', 'no', 'leader'])
  expect(await tasks.byPath().get()).toBe('words.txt: a flock has no leader')
  expect(await tasks.inChild().get()).toBe(5)
  expect(await tasks.Reader.spawn().count().get()).toBe(5)
  expect(await tasks.other().get().catch(String)).toContain(
    'no word.txt came with this module; it has words.txt (did you mean words.txt?). To add it, list it: mesh.use(url,',
  )
})

test('it is part of what the module is: another file, another result', async () => {
  const mesh = await flock.join({ preset: 'test' })
  const job = await mesh.job('count')
  const before = await use('one two', job)
  const after = await use('three', job)
  expect(await mesh.get([before.words(), after.words(), before.words()])).toEqual([
    ['one', 'two'],
    ['three'],
    ['one', 'two'],
  ])
})

test('a large one comes in chunks, from whoever has it', async () => {
  const size = 5 * 1024 * 1024
  const tasks = await use(new Uint8Array(size).fill(97))
  expect(((await tasks.words().get())[0] ?? '').length).toBe(size)
})
