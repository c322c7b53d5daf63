// Every way a module can fail to become code, and the sentence that says so.

import { expect, test } from 'vitest'
import { project } from './project.ts'

type Files = Record<string, string>
const one = (source: string): Files => ({ 'src/a.task.ts': source })

const refusals: [title: string, files: Files, path: string, message: string | RegExp][] = [
  [
    'a file that is no task module',
    { 'src/a.ts': 'export {}' },
    'src/a.ts',
    'mesh.use takes a task module, a file named *.task.ts, .js, .mjs, .mts or .tsx; got a.ts. Rename it to a.task.ts',
  ],
  [
    'a file that does not exist',
    {},
    'src/a.task.ts',
    /^a\.task\.ts does not exist: nothing at .*a\.task\.ts, nor its compiled a\.task\.js$/,
  ],
  [
    'a syntax error',
    one('export function f() {\n  return (1\n}'),
    'src/a.task.ts',
    /^a\.task\.ts does not compile: src\/a\.task\.ts:3:1: Expected "\)" but found "}"$/,
  ],
  [
    'a missing file',
    one(`import './b.ts'; export function f() {}`),
    'src/a.task.ts',
    'a.task.ts cannot be bundled: src/a.task.ts:1:8 imports "./b.ts", which does not exist',
  ],
  [
    'a missing package',
    one(`import { chunk } from 'lodash/fp'; export const f = chunk`),
    'src/a.task.ts',
    /src\/a\.task\.ts:1:23 imports "lodash\/fp", which is not installed; run npm install lodash$/,
  ],
  [
    'a missing scoped package',
    one(`import x from '@a/b/c'; export const f = x`),
    'src/a.task.ts',
    'run npm install @a/b',
  ],
  [
    'more than one',
    one(`import './b.ts'; import './c.ts'; export function f() {}`),
    'src/a.task.ts',
    'which does not exist (and 1 more like it)',
  ],
  [
    'a path that a package does not export',
    {
      ...one(`import x from 'pkg/inner'; export const f = x`),
      'node_modules/pkg/package.json': '{ "name": "pkg", "exports": { ".": "./index.js" } }',
      'node_modules/pkg/index.js': '',
    },
    'src/a.task.ts',
    /imports "pkg\/inner": The path "\.\/inner" is not exported by package "pkg"/,
  ],
  [
    'a name that a module does not export',
    { ...one(`import { g } from './b.ts'; export const f = () => g()`), 'src/b.ts': 'export const h = 1' },
    'src/a.task.ts',
    'No matching export in "src/b.ts" for import "g"',
  ],
  [
    'no exports',
    one(`const x = 1`),
    'src/a.task.ts',
    'a.task.ts exports no function and no class; export what the mesh should run',
  ],
  [
    'constants only',
    one(`export const a = 1, b = { c: 2 }, c = new Map(), d = \`x\`, e = [1], f = -1`),
    'src/a.task.ts',
    'exports no function and no class',
  ],
  [
    'CommonJS',
    { 'package.json': '{}', 'a.task.js': 'module.exports = { f() {} }' },
    'a.task.js',
    'a.task.js is CommonJS (module.exports); a task module is an ES module',
  ],
  [
    'a native addon of a package that is inside another one only',
    {
      ...one(`import images from 'images'; export const f = () => images`),
      'node_modules/images/package.json': '{ "name": "images" }',
      'node_modules/images/index.js': `module.exports = require('sharp')`,
      'node_modules/images/node_modules/sharp/index.js': `module.exports = require('./build/sharp.node')`,
      'node_modules/images/node_modules/sharp/build/sharp.node': '',
    },
    'src/a.task.ts',
    'a.task.ts leaves sharp outside the bundle, and sharp is not installed here, where its version tells which one peers must have; run npm install sharp',
  ],
  [
    'a native addon of its own',
    { ...one(`import addon from './addon.node'; export const f = () => addon`), 'src/addon.node': '' },
    'src/a.task.ts',
    'a.task.ts imports the native addon ./addon.node in src/a.task.ts, which runs on one kind of machine only; make it a package',
  ],
  [
    'a native addon of a package, by a path',
    {
      ...one(`import addon from '../node_modules/fast/fast.node'; export const f = () => addon`),
      'node_modules/fast/package.json': '{ "name": "fast", "version": "1.0.0" }',
      'node_modules/fast/fast.node': '',
    },
    'src/a.task.ts',
    'a.task.ts reaches the native addon of fast by a path; import the package by its name',
  ],
  [
    'the mesh inside a task',
    one(`import { joinMesh } from 'murmuration'; export const f = () => joinMesh()`),
    'src/a.task.ts',
    "a.task.ts imports murmuration (in src/a.task.ts); inside a task the mesh is task.mesh, from import { task } from 'murmuration/task'",
  ],
  [
    'a file with a hash in its name',
    {},
    'assets/tiles.task-B3f9xQ1a.ts',
    'your bundler treated tiles.task.ts as an asset; add murmuration() to vite.config',
  ],
  [
    'a file named by its hash',
    {},
    'dist/3f2a91bc77de01aa55f0.ts',
    'your bundler treated the task module as an asset; add murmuration() to vite.config',
  ],
  [
    'a module that holds its own URL',
    { 'a.task.js': `export default "/assets/a.3f2a.ts"` },
    'a.task.js',
    'your bundler treated a.task.js as an asset',
  ],
]

test.each(refusals)('%s', async (_title, files, path, message) => {
  const used = project(files).use(path)
  await expect(used).rejects.toMatchObject({ name: 'MeshError', code: 'BUNDLE_FAILED' })
  await expect(used).rejects.toThrow(message)
})

const urls: [url: string, message: string][] = [
  [
    'data:text/typescript;base64,ZXhwb3J0',
    'your bundler treated the task module as an asset; add murmuration() to vite.config',
  ],
  ['http://localhost:5173/assets/tiles.task-B3f9xQ1a.ts', 'your bundler treated tiles.task.ts as an asset'],
  ['http://localhost:5173/src/tiles.task.ts', 'your bundler treated tiles.task.ts as an asset'],
  ['https://example.org/tiles.js', 'mesh.use takes a file: URL here'],
]

test.each(urls)('the URL %s', async (url, message) => {
  await expect(project({}).use(new URL(url))).rejects.toThrow(message)
})

test('an addon behind try is no error when it is not there', async () => {
  const { use } = project({
    'node_modules/fast/package.json': '{ "name": "fast" }',
    'node_modules/fast/index.js': `let addon; try { addon = require('./fast.node') } catch {} module.exports = () => addon`,
    'a.task.ts': `import fast from 'fast'; export const f = () => fast()`,
  })
  await expect(use('a.task.ts')).resolves.toMatchObject({ name: 'a.task.ts' })
})

test('a bundle too large to travel', async () => {
  const files = {
    'a.task.ts': `import { big } from './big.js'; export const f = () => big`,
    'big.js': `export const big = "${'x'.repeat(2 * 1024 * 1024)}"`,
  }
  await expect(project(files, { limitBytes: 1024 * 1024 }).use('a.task.ts')).rejects.toThrow(
    /^a\.task\.ts bundles to 2\.0 MiB, more than the 1\.0 MiB .* largest: big\.js \(2\.0 MiB\)/,
  )
})

test('assets: missing, or two of one name', async () => {
  const { use, url } = project({ 'a.task.ts': `export function f() {}`, 'x/m': '', 'y/m': '' })
  await expect(use('a.task.ts', { assets: [url('z')] })).rejects.toThrow(
    /^the asset z cannot be read: there is nothing at .*z$/,
  )
  await expect(use('a.task.ts', { assets: [url('x')] })).rejects.toThrow('is a folder, and an asset is one file')
  const far = new URL('https://models.test/m.onnx')
  await expect(use('a.task.ts', { assets: [far] })).rejects.toThrow('assets takes file: URLs here')
  await expect(use('a.task.ts', { assets: [url('x/m'), url('y/m')] })).rejects.toThrow('two files named m')
})
