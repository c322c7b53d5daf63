import { expect, test } from 'vitest'
import { placeIn } from '@murmuration/core/internal'
import type { CodeId } from '@murmuration/core/internal'
import { mapStack } from '../../src/bundle/stack-map.ts'
import type { Origin } from '../../src/bundle/stack-map.ts'
import { project } from './project.ts'
import type { Kept } from './project.ts'

const files = {
  'src/tiles.task.ts': `import { check } from './check.ts'
import old from 'old'

// A comment, so that lines differ from the bundle's.
export function render(x: number): void {
  const y = x as unknown as string
  check(y)
}
export async function later(x: number): Promise<void> {
  await null
  old.fail(x)
}
`,
  'src/check.ts': `export function check(y: string): void {

  throw new RangeError('no good: ' + y)
}
`,
  'node_modules/old/package.json': '{ "name": "old" }',
  'node_modules/old/index.js': `require('./a.js');exports.fail = function fail(x) {
  throw new Error('old')
}`,
  'node_modules/old/a.js': `exports.a = require('node:fs').constants`,
}

function originsOf(kept: ReadonlyMap<CodeId, Kept>): Map<CodeId, Origin> {
  return new Map([...kept].flatMap(([code, { origin }]) => (origin === null ? [] : [[code, origin]])))
}

async function stackOf(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    return (error as Error).stack ?? ''
  }
  throw new Error('it was to fail')
}

test('frames show the source, also behind a header and labels that were cut', async () => {
  const { use, load, kept } = project(files)
  const { code } = await use('src/tiles.task.ts')
  const loaded = await load(code)
  const origins = originsOf(kept)

  const first = mapStack(await stackOf(() => loaded['render']?.(1)), origins).split('\n')
  expect(first.slice(0, 3)).toEqual([
    'RangeError: no good: 1',
    '    at check (src/check.ts:3:9)',
    // V8 hands out the name that the namespace object knows it by, or none.
    expect.stringMatching(/^ {4}at (Module\.|Object\.|)render \(src\/tiles\.task\.ts:7:3\)$/),
  ])
  const second = mapStack(await stackOf(() => loaded['later']?.(1)), origins)
  expect(second).toMatch(/^Error: old\n {4}at (\S+\.)?fail \(node_modules\/old\/index\.js:2:9\)\n/)
  expect(second).toContain('later (src/tiles.task.ts:11:7)')
})

test('a place that a sentence tells becomes one in the source', async () => {
  const { use, load, kept } = project(files)
  const { code } = await use('src/tiles.task.ts')
  const loaded = await load(code)
  const place = placeIn(await stackOf(() => loaded['render']?.(1)))
  const sentence = `its worker died (uncaught: RangeError: no good: 1 at ${place})`
  expect(sentence).toMatch(/at code [0-9a-f]{8}:\d+:\d+\)$/)
  expect(mapStack(sentence, originsOf(kept))).toBe(
    'its worker died (uncaught: RangeError: no good: 1 at src/check.ts:3:9)',
  )
  expect(mapStack(sentence, new Map())).toBe(sentence)
})

test('of a mesh.fn the call that gave it is named, and the line within', async () => {
  const { fn, load, kept } = project(files)
  const { code } = fn(function square(x: number) {
    if (x > 0) throw new Error('too large')
    return x * x
  })
  const loaded = await load(code)
  const stack = mapStack(await stackOf(() => loaded['square']?.(1)), originsOf(kept))
  expect(stack).toMatch(/^ {4}at \S*square \(line 2 of the mesh\.fn at \/\S*project\.ts:\d+:\d+\)$/m)
})

test('a mesh.fn from elsewhere keeps its name, machinery goes, the message stays as it is', () => {
  const id = 'ab'.repeat(32)
  const stack = [
    'Error: two',
    '  lines, at node:internal',
    `    at square (file:///home/x/.cache/code/${id}.mjs:1:20)`,
    `    at file:///home/x/.cache/code/${id}.mjs:1:30`,
    '    at run (file:///home/x/node_modules/@murmuration/core/dist/runtime/worker-host.js:10:5)',
    '    at callback (file:///home/x/node_modules/comlink/dist/esm/comlink.mjs:40:5)',
    '    at new Promise (<anonymous>)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    '    at outside (file:///home/x/modules/sharp/index.js:3:4)',
  ].join('\n')
  expect(mapStack(stack, new Map())).toBe(
    [
      'Error: two',
      '  lines, at node:internal',
      '    at square (code abababab:1:20)',
      '    at mesh.fn (code abababab:1:30)',
      '    at outside (file:///home/x/modules/sharp/index.js:3:4)',
    ].join('\n'),
  )
})

test('a map that does not parse is as good as none', () => {
  const stack = `Error: x\n    at f (/code/${'cd'.repeat(32)}.mjs:1:2)`
  const origins = new Map([['cd'.repeat(32) as CodeId, { map: new Uint8Array([1, 2]) }]])
  expect(mapStack(stack, origins)).toBe('Error: x\n    at f (code cdcdcdcd:1:2)')
})
