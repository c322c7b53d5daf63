import { describe, expect, test } from 'vitest'
import { readManifest } from '@murmuration/core/internal'
import { project } from './project.ts'

const tiles = `
import { scale } from './scale.ts'
export const LIMIT = 3
export async function render(x: number): Promise<number> { return scale(x) + LIMIT }
export function merge(...xs: number[]) { return xs.reduce((a, b) => a + b, 0) }
export function* animate(n: number) { for (let i = 0; i < n; i++) yield i }
export async function* stream() { yield 1 }
export class Counter { #n = 0; static zero = new Counter(); add(by: number) { return (this.#n += by) } }
export const arrow = (x: number) => x
export default function main() { return 'main' }
export { scale as renamed } from './scale.ts'
export enum Color { Red, Green }
export type Tile = { x: number }
`
const scale = `export function scale(x: number) { return x * 2 }\n`
const exampleFiles = { 'src/tiles.task.ts': tiles, 'src/scale.ts': scale }

describe('the bundle', () => {
  test('runs, and lists functions, generators and classes', async () => {
    const { use, load } = project(exampleFiles)
    const module = await use('src/tiles.task.ts')
    expect(module.name).toBe('tiles.task.ts')
    expect(module.only).toBeNull()
    expect(Object.fromEntries(module.exports.map(({ name, kind }) => [name, kind]))).toEqual({
      render: 'function',
      merge: 'function',
      animate: 'generator',
      stream: 'generator',
      Counter: 'class',
      arrow: 'function',
      default: 'function',
      renamed: 'function',
    })
    const loaded = await load(module.code)
    expect(await loaded['render']?.(5)).toBe(13)
  })

  test('keeps what is constant constant, so that loops know its value, and what is not as it was', async () => {
    const { use, text } = project({
      'a.task.ts': `import { early } from './b.ts'
export const SLACK = 4e-5
let calls = 0
export class Ray { at = SLACK }
export function cast(): unknown { return [new Ray(), calls++, early] }`,
      'b.ts': `export var early = late()
var count = 2
function late() { return count }`,
    })
    const written = text((await use('a.task.ts')).code)
    expect([...written.matchAll(/\b(var|const) (\w+)/g)].map(([, kind, name]) => `${kind} ${name}`)).toEqual([
      'const early',
      'var count',
      'const SLACK',
      'var calls',
      'const Ray',
    ])
  })

  test('knows generators that come from elsewhere, or were written for engines without any', async () => {
    const lowered = `var __generator = function (self, body) { return body }
export function old(n) { var i; return __generator(this, function (_a) { return [2] }) }
export function later() { return __awaiter(this, void 0, void 0, function () { return __generator(this, function () {}) }) }
function __awaiter(self, args, P, body) { return body() }
export const written = function* () { yield 1 }
export { written as again }`
    const { use } = project({
      'node_modules/old/package.json': '{ "name": "old", "main": "main.mjs" }',
      'node_modules/old/main.mjs': lowered,
      'a.task.ts': `export { old, later, written, again } from 'old'; export const wraps = () => [1].values()`,
    })
    const { exports } = await use('a.task.ts')
    expect(Object.fromEntries(exports.map(({ name, kind }) => [name, kind]))).toEqual({
      old: 'generator',
      later: 'function',
      written: 'generator',
      again: 'generator',
      wraps: 'function',
    })
  })

  test('knows which methods of a class are generators, also those of the classes that it extends', async () => {
    const { use } = project({
      'base.ts': `export class Base { *rows() { yield 1 } *late() { yield 2 } static *make() { yield 3 } }`,
      'a.task.ts': `import { Base } from './base.ts'
export class Store extends Base {
  async *rows() { yield* super.rows() }
  late() { return 2 }
  values = function* () { yield 4 };
  *[Symbol.iterator]() { yield 5 }
  *'odd name'() { yield 6 }
  *#secret() { yield 7 }
}
export class Plain { one() { return this } }`,
    })
    const { exports } = await use('a.task.ts')
    expect(exports.map(({ name, generators }) => [name, generators])).toEqual([
      ['Plain', undefined],
      ['Store', ['rows', 'values', 'odd name']],
    ])
  })

  test('is not run to find that out', async () => {
    const { use } = project({ 'a.task.ts': `globalThis.ranInTheProgram = true; export function f() {}` })
    await use('a.task.ts')
    expect(globalThis).not.toHaveProperty('ranInTheProgram')
  })

  test('is the same bytes in every directory, with no path in it', async () => {
    const files = {
      ...exampleFiles,
      'src/tiles.task.ts': `import old from 'old'; export const value = () => old.value\n${tiles}`,
      'node_modules/old/package.json': '{ "name": "old", "main": "lib/main.js" }',
      'node_modules/old/lib/main.js': `/* a comment */ exports.value = require('./deep/part.js').part`,
      'node_modules/old/lib/deep/part.js': `exports.part = 42`,
    }
    const [a, b] = [project(files), project(files)]
    const [first, second] = [await a.use('src/tiles.task.ts'), await b.use('src/tiles.task.ts')]
    expect(second).toEqual(first)
    const text = a.text(first.code)
    expect(text).not.toContain(a.directory)
    expect(text).not.toContain('node_modules')
    expect(text).not.toContain('scale.ts')
    expect((await a.load(first.code))['value']?.()).toBe(42)
  })

  test('resolves tsconfig paths and custom conditions', async () => {
    const { use, load } = project({
      'tsconfig.json': `{ "compilerOptions": { "paths": { "#lib/*": ["./lib/*.ts"] }, "customConditions": ["@x/source"] } }`,
      'lib/double.ts': `export const double = (x: number) => 2 * x`,
      'node_modules/pkg/package.json': `{ "name": "pkg", "exports": { "@x/source": "./source.js", "default": "./built.js" } }`,
      'node_modules/pkg/source.js': `export const from = 'source'`,
      'node_modules/pkg/built.js': `export const from = 'built'`,
      'src/a.task.ts': `import { double } from '#lib/double'; import { from } from 'pkg'; export const f = (x: number) => [double(x), from]`,
    })
    const { code } = await use('src/a.task.ts')
    expect((await load(code))['f']?.(4)).toEqual([8, 'source'])
  })

  test('of a compiled program is made from the .js beside the missing .ts', async () => {
    const { use } = project({ 'dist/a.task.js': `export function f() {}`, 'dist/b.task.mjs': `export function f() {}` })
    expect((await use('dist/a.task.ts')).name).toBe('a.task.ts')
    expect((await use('dist/a.task.tsx')).exports).toHaveLength(1)
    expect((await use('dist/b.task.mts')).exports).toHaveLength(1)
  })

  test('carries .wasm as bytes', async () => {
    const { use, load } = project({
      'a.task.ts': `import bytes from './x.wasm'; export const f = () => [...bytes]`,
      'x.wasm': new Uint8Array([0, 97, 115, 109, 255]),
    })
    expect((await load((await use('a.task.ts')).code))['f']?.()).toEqual([0, 97, 115, 109, 255])
  })

  test('gives CommonJS packages the require that they expect, and leaves a module its own', async () => {
    const { use, load } = project({
      'a.task.ts': `import { createRequire } from 'node:module'
        import old from 'old'
        const require = createRequire(import.meta.url)
        export const f = () => old.join('a', 'b') + typeof require('node:fs').readFileSync + old.where`,
      'node_modules/old/package.json': '{ "name": "old" }',
      'node_modules/old/index.js': `exports.join = require('path').posix.join; exports.where = typeof __dirname`,
    })
    const module = await use('a.task.ts')
    expect((await load(module.code))['f']?.()).toBe('a/bfunctionstring')
  })

  test('carries its own copy of murmuration/task, installed or not', async () => {
    const { use, load } = project({
      'a.task.ts': `import { task } from 'murmuration/task'; export const f = () => [task.attempt, typeof task.log, task.signal.aborted]`,
    })
    const module = await use('a.task.ts')
    expect(module.only).toBeNull()
    expect((await load(module.code))['f']?.()).toEqual([expect.any(Number), 'function', false])
  })

  test('says which import ties it to Node', async () => {
    const { use } = project({
      'src/a.task.ts': `import { read } from './read.ts'; export const f = () => read('x')`,
      'src/read.ts': `import { readFileSync } from 'fs'; export const read = (x: string) => readFileSync(x)`,
      'src/b.task.ts': `import { unused } from './read2.ts'; export const f = () => 1`,
      'src/read2.ts': `import { readFileSync } from 'node:fs'; export const unused = (x: string) => readFileSync(x)`,
    })
    expect((await use('src/a.task.ts')).only).toEqual({ kind: 'node', because: 'imports node:fs in src/read.ts' })
    expect((await use('src/b.task.ts')).only).toBeNull()
  })

  test('leaves packages outside that are named external', async () => {
    const { use, text, kept } = project({
      'a.task.ts': `import sharp from 'sharp/lib'; export const f = () => sharp()`,
      'node_modules/sharp/package.json': '{ "version": "0.34.5" }',
    })
    const module = await use('a.task.ts', { external: ['sharp'] })
    expect(text(module.code)).toContain('from"sharp/lib"')
    expect(module.only).toEqual({ kind: 'node', because: 'leaves sharp/lib outside the bundle, in a.task.ts' })
    expect(module.packages).toEqual({ sharp: '0.34' })
    expect(readManifest(kept.get(module.code)?.source ?? new Uint8Array())).toMatchObject({
      kind: 'node',
      packages: { sharp: '0.34' },
    })
  })

  test('leaves outside what reaches a native addon, unless it is shaken off', async () => {
    const { use, text } = project({
      'a.task.ts': `import { resize } from 'images'; export const f = () => resize()`,
      'b.task.ts': `import { name } from 'images'; export const f = () => name`,
      'node_modules/images/package.json': '{ "main": "index.mjs", "sideEffects": false }',
      'node_modules/images/index.mjs': `export { resize } from './resize.mjs'; export { name } from './name.mjs'`,
      'node_modules/images/name.mjs': `export const name = 'images'`,
      'node_modules/images/resize.mjs': `import sharp from 'sharp'; export const resize = () => sharp()`,
      'node_modules/sharp/package.json': '{ "version": "1.2.3", "main": "index.js" }',
      'node_modules/sharp/index.js': `module.exports = () => require('@img/sharp-linux')`,
      'node_modules/@img/sharp-linux/package.json': '{ "version": "1.2.3", "main": "sharp.node" }',
      'node_modules/@img/sharp-linux/sharp.node': new Uint8Array([127, 69]),
    })
    const module = await use('a.task.ts')
    expect(module.packages).toEqual({ sharp: '1' })
    expect(text(module.code)).toContain('from"sharp"')
    expect(module.only?.because).toBe('leaves sharp outside the bundle, in node_modules/images/resize.mjs')
    expect(await use('b.task.ts')).toMatchObject({ only: null, packages: {} })
  })

  test('takes env and assets into its id, and says what they are', async () => {
    const { use, url, kept } = project({ 'a.task.ts': `export function f() {}`, 'data/model.onnx': 'weights' })
    const plain = await use('a.task.ts')
    const module = await use('a.task.ts', { env: { B: '2', A: 'é\u2028' }, assets: [url('data/model.onnx')] })
    const again = await use('a.task.ts', { env: { A: 'é\u2028', B: '2' }, assets: [url('data/model.onnx')] })
    expect(again).toEqual(module)
    expect(module.code).not.toBe(plain.code)
    expect(module.exports[0]?.digest).not.toBe(plain.exports[0]?.digest)
    const manifest = readManifest(kept.get(module.code)?.source ?? new Uint8Array())
    expect(manifest.env).toEqual({ A: 'é\u2028', B: '2' })
    const [hash, size] = manifest.assets['model.onnx'] ?? ['', 0]
    expect(size).toBe('weights'.length)
    expect(new TextDecoder().decode(kept.get(module.code)?.assets.get(hash))).toBe('weights')
    expect(readManifest(new TextEncoder().encode('export const x=1'))).toEqual({ env: {}, assets: {} })
  })

  test('is made again after an edit, and the same after it is undone', async () => {
    const { use, write } = project(exampleFiles)
    const first = await use('src/tiles.task.ts')
    expect(await use('src/tiles.task.ts')).toEqual(first)
    write({ 'src/scale.ts': scale.replace('2', '3') })
    const second = await use('src/tiles.task.ts')
    expect(second.code).not.toBe(first.code)
    write({ 'src/scale.ts': scale })
    expect(await use('src/tiles.task.ts')).toEqual(first)
  })

  test('is made once for calls at the same time', async () => {
    const { use } = project(exampleFiles)
    const [a, b] = await Promise.all([use('src/tiles.task.ts'), use('src/tiles.task.ts')])
    expect(a).toBe(b)
  })
})

describe("an export's digest", () => {
  async function changed(edit: (files: Record<string, string>) => Record<string, string>): Promise<string[]> {
    const before = await project(exampleFiles).use('src/tiles.task.ts')
    const after = await project(edit({ ...exampleFiles })).use('src/tiles.task.ts')
    const digests = new Map(before.exports.map(({ name, digest }) => [name, digest]))
    return after.exports.filter(({ name, digest }) => digests.get(name) !== digest).map(({ name }) => name)
  }
  const edited = (from: string, to: string) =>
    changed((files) => ({ ...files, 'src/tiles.task.ts': tiles.replace(from, to) }))

  test('changes with what the export reaches, and with nothing else', async () => {
    expect(await edited('a + b', 'a - b')).toEqual(['merge'])
    expect(await edited('LIMIT = 3', 'LIMIT = 4')).toEqual(['render'])
    expect(await edited('return scale(x)', '/* why */ return scale( x )')).toEqual([])
    expect(await edited('yield 1 }', 'yield 1 }\nexport function added() {}')).toEqual(['added'])
    expect(await changed((files) => ({ ...files, 'src/scale.ts': scale.replace('2', '3') }))).toEqual([
      'renamed',
      'render',
    ])
  })

  test('does not depend on names that other exports force upon its own', async () => {
    expect(
      await changed((files) => ({
        ...files,
        'src/tiles.task.ts': `${tiles}\nexport const other = () => { function scale() {} return scale }`,
      })),
    ).toEqual(['other'])
  })
})

describe('mesh.fn', () => {
  test('is kept under the hash of its source', async () => {
    const { fn, kept, load } = project({})
    // oxlint-disable-next-line typescript/no-implied-eval -- as no test runner has touched it
    const square = new Function('return function square(x) { return x * x * K }')() as (x: number) => number
    const module = fn(square, { K: 2 })
    expect(module).toEqual({
      code: module.code,
      name: 'square',
      exports: [{ name: 'square', kind: 'function', digest: module.code }],
      only: null,
      bytes: { source: kept.get(module.code)?.source, assets: new Map() },
    })
    expect(kept.get(module.code)?.origin).toEqual({
      calledAt: expect.stringMatching(/project\.ts:\d+:\d+$/) as string,
    })
    expect((await load(module.code))['square']?.(3)).toBe(18)
  })
})
