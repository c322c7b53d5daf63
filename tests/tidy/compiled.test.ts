// How Node gets a part of a package's bundle: from what V8 kept of it, and in any case.

import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

interface Compiled {
  readonly open: (part: string) => Record<string, unknown>
}

const compiled = fileURLToPath(new URL('../../scripts/compiled.cjs', import.meta.url))
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmuration-compiled-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await copyFile(compiled, join(folder, 'compiled.cjs'))
  await writeFile(
    join(folder, 'one.js'),
    `'use strict'; exports.two = require('./two.js'); exports.sum = (a, b) => a + b`,
  )
  await writeFile(
    join(folder, 'two.js'),
    `exports.one = require('./one.js'); exports.self = __url; exports.later = () => __import('node:os')`,
  )
})

/** As a process does that has opened nothing yet. */
function fresh(): Compiled {
  const require = createRequire(join(folder, 'index.cjs'))
  delete require.cache[join(folder, 'compiled.cjs')]
  return require('./compiled.cjs') as Compiled
}

async function kept(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.cache'))
}

test('parts find each other, run once, and are kept compiled beside themselves', async () => {
  const { open } = fresh()
  const one = open('one.js') as { two: { one: unknown; self: string; later: () => Promise<unknown> } }
  expect(one.two.one).toBe(one)
  expect(open('one.js')).toBe(one)
  expect(one.two.self).toMatch(/^file:.*compiled\.cjs$/)
  expect(await one.two.later()).toHaveProperty('tmpdir')
  expect((await kept()).map((name) => name.replace(/\.\d+\.cache$/, '')).toSorted()).toEqual(['one.js', 'two.js'])
})

test('what was kept is what runs: it is not compiled and kept again', async () => {
  fresh().open('one.js')
  const before = await Promise.all((await kept()).map(async (name) => (await stat(join(folder, name))).mtimeMs))
  const { sum } = fresh().open('one.js') as { sum: (a: number, b: number) => number }
  expect(sum(5, 3)).toBe(8)
  const after = await Promise.all((await kept()).map(async (name) => (await stat(join(folder, name))).mtimeMs))
  expect(after).toEqual(before)
})

test.each([
  ['another text', (good: Buffer): Buffer => good],
  ['the same length, spoilt in the middle', (good: Buffer): Buffer => Buffer.from(good).fill(0, 300)],
  ['less than a checksum', (good: Buffer): Buffer => good.subarray(0, 2)],
])('what is kept is not taken for %s', async (_what, spoil) => {
  fresh().open('one.js')
  const [name = ''] = await kept()
  const bad = spoil(await readFile(join(folder, name)))
  await writeFile(join(folder, name), bad)
  // As long as the other: V8 looks at no more of a text whose code it has.
  const text = await readFile(join(folder, 'one.js'), 'utf8')
  await writeFile(join(folder, 'one.js'), text.replace('a + b', 'a * b'))
  const { sum } = fresh().open('one.js') as { sum: (a: number, b: number) => number }
  expect(sum(5, 3)).toBe(15)
  expect((await readFile(join(folder, name))).equals(bad)).toBe(false)
})

test('for other versions of V8 a few are kept, the newest', async () => {
  for (let nth = 1; nth <= 6; nth++) {
    const path = join(folder, `one.js.${nth}.cache`)
    await writeFile(path, '')
    await utimes(path, nth, nth)
  }
  fresh().open('one.js')
  const left = (await kept()).filter((name) => name.startsWith('one.js.'))
  expect(left).toEqual(expect.arrayContaining(['one.js.4.cache', 'one.js.5.cache', 'one.js.6.cache']))
  expect(left.length).toBe(4)
})

test('a part that throws throws again, and is strict', async () => {
  await writeFile(join(folder, 'three.js'), 'exports.half = 1; undeclared = 2')
  const { open } = fresh()
  expect(() => open('three.js')).toThrow('undeclared is not defined')
  expect(() => open('three.js')).toThrow('undeclared is not defined')
})

test('where it cannot be kept everything works, and no draft is left', async () => {
  fresh().open('one.js')
  const names = await kept()
  for (const name of names) {
    await rm(join(folder, name))
    await mkdir(join(folder, name, 'taken'), { recursive: true })
  }
  const { sum } = fresh().open('one.js') as { sum: (a: number, b: number) => number }
  expect(sum(5, 3)).toBe(8)
  expect((await readdir(folder)).toSorted()).toEqual(['compiled.cjs', ...names, 'one.js', 'two.js'].toSorted())
})
