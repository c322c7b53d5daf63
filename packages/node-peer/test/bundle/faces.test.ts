// One bundle for every kind of peer, and when a module gets one for Node instead.

import { expect, test } from 'vitest'
import { project } from './project.ts'

const both = {
  'node_modules/both/package.json': `{ "name": "both", "exports": { ".": { "node": "./node.js", "browser": "./page.js", "default": "./node.js" } } }`,
  'node_modules/both/node.js': `import { hostname } from 'node:os'; export const where = () => 'node ' + hostname()`,
  'node_modules/both/page.js': `export const where = () => 'page'`,
}

test('what reaches nothing of Node has one bundle, of what pages see', async () => {
  const { use, load, text } = project({ ...both, 'a.task.ts': `export { where } from 'both'` })
  const module = await use('a.task.ts')
  expect(module.only).toBeNull()
  expect(text(module.code)).not.toContain('node:')
  expect((await load(module.code))['where']?.()).toBe('page')
})

test('a browser field stands in for what Node brings, and so does a package of its name', async () => {
  const { use, load } = project({
    'node_modules/old/package.json': `{ "name": "old", "main": "main.js", "browser": { "fs": false, "./disk.js": "./memory.js" } }`,
    'node_modules/old/main.js': `require('fs'); exports.kind = require('./disk.js').kind + require('events').name`,
    'node_modules/old/disk.js': `exports.kind = require('fs').constants`,
    'node_modules/old/memory.js': `exports.kind = 'memory'`,
    'node_modules/events/package.json': `{ "name": "events", "main": "index.js" }`,
    'node_modules/events/index.js': `exports.name = ' events'`,
    'a.task.ts': `import old from 'old'; export const f = () => old.kind`,
  })
  const module = await use('a.task.ts')
  expect(module.only).toBeNull()
  expect((await load(module.code))['f']?.()).toBe('memory events')
})

test('what reaches Node gets the packages that Node sees', async () => {
  const { use, load } = project({
    ...both,
    'a.task.ts': `import { sep } from 'node:path'; import { where } from 'both'; export const f = () => where() + sep`,
  })
  const module = await use('a.task.ts')
  expect(module.only).toEqual({ kind: 'node', because: 'imports node:path in a.task.ts' })
  expect((await load(module.code))['f']?.()).toMatch(/^node .*\/$/)
})

test.each([
  ['Buffer', `export const f = (x: string) => Buffer.from(x)`, 'uses Buffer'],
  ['process', `export const f = () => process.exit(3)`, 'uses process'],
  ['require', `export const f = () => require(String(Math.random()))`, 'calls require()'],
])('the global %s ties to Node', async (_name, source, because) => {
  const { only } = await project({ 'a.task.ts': source }).use('a.task.ts')
  expect(only).toEqual({ kind: 'node', because })
})

test('a global behind typeof does not', async () => {
  const { use } = project({
    'a.task.ts': `export const f = () => (typeof process === 'undefined' ? 'page' : process.version)`,
  })
  expect((await use('a.task.ts')).only).toBeNull()
})

test('what only a worker of a browser has ties to browsers', async () => {
  const { use } = project({ 'a.task.ts': `export const f = () => new OffscreenCanvas(1, 1).width` })
  expect((await use('a.task.ts')).only).toEqual({ kind: 'browser', because: 'uses OffscreenCanvas' })
})

test('variables that were given are in the bundle, where no environment is', async () => {
  const { use, load } = project({
    'a.task.ts': `export const f = () => [process.env.TOKEN, process.env['NODE_ENV']]`,
  })
  const module = await use('a.task.ts', { env: { TOKEN: 'x"y' } })
  expect(module.only).toBeNull()
  expect((await load(module.code))['f']?.()).toEqual(['x"y', 'production'])
})

test('a package without a build for pages ties to Node', async () => {
  const { use } = project({
    'node_modules/native/package.json': `{ "name": "native", "exports": { "node": "./index.js" } }`,
    'node_modules/native/index.js': `export const f = () => 1`,
    'a.task.ts': `export { f } from 'native'`,
  })
  const { only } = await use('a.task.ts')
  expect(only).toMatchObject({ kind: 'node', because: expect.stringContaining('imports "native"') as string })
})
