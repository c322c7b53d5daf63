// The plugin in Vite itself: what a page's build and its dev server make of a task module.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, createServer } from 'vite'
import { expect, test } from 'vitest'
import { murmuration } from '../../src/vite/plugin.ts'
import { project } from '../bundle/project.ts'

const files = {
  'src/tiles.task.ts': `import { scale } from './scale.ts'\nexport const render = (x: number) => scale(x)`,
  'src/scale.ts': `export const scale = (x: number) => 2 * x`,
  'src/main.ts': `export const url = new URL('./tiles.task.ts', import.meta.url)\nexport const other: URL = new URL("./tiles.task.ts", import.meta.url)\n// new URL('./none.task.ts', import.meta.url)\nexport const text = "new URL('./none.task.ts', import.meta.url)"`,
}

interface Row {
  readonly name: string
  readonly exports: readonly { readonly name: string }[]
  readonly only: unknown
  readonly source: () => Promise<string>
  readonly assets: Readonly<Record<string, string>>
}

const modules = Symbol.for('murmuration.modules.1')

function table(): Map<string, Row> {
  return (globalThis as never)[modules]
}

test('a built page has the module as Node has it, under the URL it gives to use', async () => {
  const { directory, use, text } = project(files)
  await build({
    root: directory,
    logLevel: 'silent',
    configFile: false,
    plugins: [murmuration()],
    build: { lib: { entry: 'src/main.ts', formats: ['es'], fileName: 'page' }, minify: true, outDir: 'out' },
  })
  const page = readdirSync(join(directory, 'out')).find((name) => name.startsWith('page')) ?? ''
  const { url, other } = (await import(pathToFileURL(join(directory, 'out', page)).href)) as { url: URL; other: URL }
  const row = table().get(url.href)
  const inNode = await use('src/tiles.task.ts')
  expect(other.href).toBe(url.href)
  expect(row).toMatchObject({ name: 'tiles.task.ts', only: null, exports: inNode.exports })
  expect(await row?.source()).toBe(text(inNode.code))
  // It is not in what every visitor loads.
  expect(readFileSync(join(directory, 'out', page), 'utf8')).not.toContain('//murmuration')
})

test('files that come with it are found in the call, and are part of the page', async () => {
  const call = `use(new URL('./tiles.task.ts', import.meta.url), { assets: [new URL('./model.onnx', import.meta.url)] })`
  const { directory, use, url } = project({
    ...files,
    'src/model.onnx': 'weights',
    'src/main.ts': `const use = (url: URL, { assets }: { assets: URL[] }) => [url, assets]\nexport const [url, assets] = ${call}`,
  })
  await build({
    root: directory,
    logLevel: 'silent',
    configFile: false,
    plugins: [murmuration()],
    build: { lib: { entry: 'src/main.ts', formats: ['es'], fileName: 'page' }, outDir: 'out' },
  })
  const page = readdirSync(join(directory, 'out')).find((name) => name.startsWith('page')) ?? ''
  const made = (await import(pathToFileURL(join(directory, 'out', page)).href)) as { url: URL; assets: URL[] }
  const row = table().get(made.url.href)
  const inNode = await use('src/tiles.task.ts', { assets: [url('src/model.onnx')] })
  expect(made.url.href).toContain(inNode.code)
  expect(row?.exports).toEqual(inNode.exports)
  expect(made.assets).toHaveLength(1)
  const model = await fetch(row?.assets['model.onnx'] ?? '')
  expect(await model.text()).toBe('weights')
})

test('a dev server has it too, and what it has follows an edit', async () => {
  const { directory, use, text, write } = project(files)
  const server = await createServer({
    root: directory,
    logLevel: 'silent',
    configFile: false,
    plugins: [murmuration()],
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
    appType: 'custom',
  })
  try {
    const urlNow = async (): Promise<string> => {
      server.moduleGraph.invalidateAll()
      return ((await server.ssrLoadModule('/src/main.ts')) as { url: URL }).url.href
    }
    const first = await urlNow()
    write({ 'src/scale.ts': `export const scale = (x: number) => 3 * x` })
    const second = await urlNow()
    expect(second).not.toBe(first)
    expect(await table().get(second)?.source()).toBe(text((await use('src/tiles.task.ts')).code))
  } finally {
    await server.close()
  }
})

test('what does not bundle stops the build with the sentence', async () => {
  const { directory } = project({ ...files, 'src/scale.ts': `import './missing.ts'; export const scale = 1` })
  const building = build({
    root: directory,
    logLevel: 'silent',
    configFile: false,
    plugins: [murmuration()],
    build: { lib: { entry: 'src/main.ts', formats: ['es'] }, write: false },
  })
  await expect(building).rejects.toThrow('tiles.task.ts cannot be bundled: src/scale.ts:1:8 imports "./missing.ts"')
})
