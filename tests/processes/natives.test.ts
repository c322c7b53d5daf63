// Packages that no bundle can carry, as native ones are: they run where they are installed, and nowhere else.

import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { Flock } from './flock.ts'

let flock: Flock
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'murmuration-natives-'))
  flock = await Flock.start(1, { preset: 'test' })
})
afterEach(async () => {
  await flock.end()
  await rm(directory, { recursive: true, force: true })
})

/** A real addon of this machine, in a package of ours. */
async function install(folder: string, version: string): Promise<void> {
  const home = join(directory, folder)
  const target = join(home, 'node_modules', 'extract')
  await mkdir(target, { recursive: true })
  await writeFile(join(home, 'package.json'), '{ "type": "module", "dependencies": { "extract": "*" } }')
  await writeFile(join(target, 'package.json'), JSON.stringify({ name: 'extract', version }))
  await writeFile(
    join(target, 'index.js'),
    `exports.version = ${JSON.stringify(version)}; exports.addon = require('./addon.node')`,
  )
  await copyFile(addonHere(), join(target, 'addon.node'))
}

function addonHere(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('msgpackr'))
  const folder = dirname(require.resolve('msgpackr-extract/package.json'))
  const find = createRequire(join(folder, 'index.js'))('node-gyp-build-optional-packages') as {
    path(folder: string): string
  }
  return find.path(folder)
}

interface Tasks {
  looks(): [string, string]
  looksTwice(): Promise<[string, string][]>
}

const source = `
import { addon, version } from 'extract'
import { task } from 'murmuration/task'
export function looks() { return [version, typeof addon.extractStrings] }
export async function looksTwice() {
  const look = task.mesh.fn(looks)
  return task.mesh.get([look.with({ spread: true, key: 'a' })(), look.with({ spread: true, key: 'b' })()])
}
`

async function use(mesh: Mesh): Promise<Awaited<ReturnType<typeof mesh.use<Tasks & object>>>> {
  await install('app', '1.4.2')
  await writeFile(join(directory, 'app', 'extract.task.js'), source)
  return mesh.use<Tasks & object>(pathToFileURL(join(directory, 'app', 'extract.task.js')))
}

test('a task runs where its package is, and so do its children', async () => {
  const mesh = await flock.join()
  const { looks, looksTwice } = await use(mesh)
  const early = looks()
  await install('lab', '1.9.0')
  await flock.add({ preset: 'test', modules: join(directory, 'lab') })
  expect(await early.get()).toEqual(['1.9.0', 'function'])
  expect(await looksTwice().get()).toEqual([
    ['1.9.0', 'function'],
    ['1.9.0', 'function'],
  ])
})

test('nobody has it, or another version: what is missing is said', async () => {
  await install('old', '0.9.0')
  await flock.add({ preset: 'test', modules: join(directory, 'old') })
  const mesh = await flock.join({ preset: 'test' })
  const { looks } = await use(mesh)
  const said = await looks().get().catch(String)
  expect(said).toMatch(/^MeshError: no peer can run looks: /)
  expect(said).toContain('it has no extract@1 (murmur up --modules)')
  expect(said).toContain('it has extract@0.9, extract@1 needed')
})
