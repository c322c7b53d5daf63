// What `murmur run` makes of a program: each file knows where it lay, packages stay what they are.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundleProgram } from '../../src/cli/bundle-program.ts'

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'murmuration-program-')))
  await mkdir(join(folder, 'lib'))
  await mkdir(join(folder, 'node_modules', 'counter'), { recursive: true })
  await write(
    'node_modules/counter/package.json',
    JSON.stringify({ name: 'counter', type: 'module', exports: './index.js' }),
  )
  await write('node_modules/counter/index.js', 'export const where = import.meta.url\n')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)

async function output(name: string): Promise<unknown> {
  const { file, remove } = await bundleProgram(join(folder, name), name)
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--enable-source-maps', file])
    return JSON.parse(stdout)
  } finally {
    remove()
  }
}

test('every file keeps its own import.meta; packages are found from the program and run where they are', async () => {
  await write('lib/place.ts', 'export const place: string = import.meta.url\n')
  await write(
    'main.ts',
    `#!/usr/bin/env murmur
import { where } from 'counter'
import { basename } from 'path'
import { place } from './lib/place.js'
console.log(JSON.stringify([import.meta.url, place, where, basename(import.meta.filename), import.meta.main]))`,
  )
  const url = (name: string): string => pathToFileURL(join(folder, name)).href
  expect(await output('main.ts')).toEqual([
    url('main.ts'),
    url('lib/place.ts'),
    url('node_modules/counter/index.js'),
    'main.ts',
    true,
  ])
})

test('using and await using are lowered, in order', async () => {
  await write(
    'main.ts',
    `const said: string[] = []
{
  using a = { [Symbol.dispose ?? Symbol.for('Symbol.dispose')]: () => said.push('a') }
  await using b = { [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]: async () => said.push('b') }
  said.push(typeof a + typeof b)
}
console.log(JSON.stringify(said))`,
  )
  expect(await output('main.ts')).toEqual(['objectobject', 'b', 'a'])
})

test('aliases of tsconfig.json are files of the program', async () => {
  await write('tsconfig.json', JSON.stringify({ compilerOptions: { baseUrl: '.', paths: { '@lib/*': ['./lib/*'] } } }))
  await write('lib/one.ts', 'export const one: number = 1\n')
  await write('main.ts', "import { one } from '@lib/one'\nconsole.log(JSON.stringify(one))\n")
  expect(await output('main.ts')).toBe(1)
})

test('a package that is not there is named, with what to do', async () => {
  await write('main.ts', "import '@far/away/deep'\n")
  await expect(bundleProgram(join(folder, 'main.ts'), 'main.ts')).rejects.toThrow(
    /main\.ts imports "@far\/away\/deep", which is not installed: run npm install @far\/away/,
  )
})
