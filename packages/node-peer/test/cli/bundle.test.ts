// `murmur bundle`: its files, imported as a page would, give what `use` finds; what is wrong is a sentence.

import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { bundle } from '../../src/cli/bundle.ts'
import { project } from '../bundle/project.ts'

interface Row {
  readonly exports: unknown
  readonly assets: Readonly<Record<string, string>>
  source(): Promise<string>
}

test('its files give the URL of the module that Node has', async () => {
  const { directory, use, text } = project({
    'tiles.task.ts': `export const render = (x: number) => \`\u2028\${x}\``,
    'data/my model.onnx': 'weights',
  })
  const asset = [join(directory, 'data/my model.onnx')]
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  expect(await bundle(join(directory, 'tiles.task.ts'), { output: join(directory, 'out/deep'), asset })).toBe(0)
  expect(said.mock.calls.join('')).toContain('tiles.task.ts: ')
  expect(said.mock.calls.join('')).toContain('render; runs on every kind of peer')
  said.mockRestore()
  const made = (await import(pathToFileURL(join(directory, 'out/deep/tiles.task.js')).href)) as { default: URL }
  const modules = Symbol.for('murmuration.modules.1')
  const table = (globalThis as never)[modules] as Map<string, Row>
  const { code, exports } = await use('tiles.task.ts', { assets: asset.map((file) => pathToFileURL(file)) })
  expect(table.get(made.default.href)?.exports).toEqual(exports)
  expect(await table.get(made.default.href)?.source()).toBe(text(code))
  expect(readFileSync(new URL(table.get(made.default.href)?.assets['my model.onnx'] ?? ''), 'utf8')).toBe('weights')
})

test('what is no task module, and a place that cannot be written, are told', async () => {
  const { directory } = project({ 'a.ts': '', 'a.task.ts': 'export const f = () => 1', file: '' })
  await expect(bundle(join(directory, 'a.ts'), { output: 'x' })).rejects.toThrow('Rename it to a.task.ts')
  const output = join(directory, 'file/out')
  await expect(bundle(join(directory, 'a.task.ts'), { output })).rejects.toThrow(`-o ${output} cannot be written`)
})
