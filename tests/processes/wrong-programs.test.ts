// docs/errors.md is true: each wrong program in it is run as a new user runs it, and told what stands there.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Terminal } from './command.ts'

interface Wrong {
  readonly title: string
  /** By file name. */
  readonly files: ReadonlyMap<string, string>
  readonly told: string
}

const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const programs = page
  .split(/^### \d+\. /m)
  .slice(1)
  .map(wrongIn)
// Where the package is found, and where nobody looks for sources.
const built = fileURLToPath(new URL('../dist/', import.meta.url))
let terminal: Terminal
let folder: string

beforeAll(async () => {
  terminal = await Terminal.open()
  await mkdir(built, { recursive: true })
  folder = await mkdtemp(join(built, 'wrong-'))
  await terminal.up()
})

afterAll(async () => {
  await terminal.close()
  await rm(folder, { recursive: true, force: true })
})

function wrongIn(section: string): Wrong {
  const [title = ''] = section.split('\n')
  const files = new Map<string, string>()
  for (const [, code = ''] of section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const [, name = 'wrong.ts', text = ''] = /^(?:\/\/ (\S+)\n)?([\s\S]*)$/.exec(code) ?? []
    files.set(name, text)
  }
  const [, told = ''] = /^```text\n([\s\S]*?)^```$/m.exec(section) ?? []
  return { title, files, told }
}

/** Without what differs from run to run: names of peers, times, folders. */
function lasting(text: string): string {
  return text
    .replaceAll(/[^\s(]*\/((?:wrong|tiles\.task)\.ts)/g, '$1')
    .replaceAll(/\b[a-z]+-[\da-f]{4}\b/g, 'PEER')
    .replaceAll(/\+[\d.]+ s/g, '+T s')
    .replaceAll(/^murmuration: joining .*\n/gm, '')
    .trim()
}

test('there are a dozen', () => {
  expect(programs.length).toBeGreaterThanOrEqual(10)
})

test.each(programs)('$title', async ({ files, told }) => {
  for (const [name, text] of files) await writeFile(join(folder, name), text)
  const { code, out, err } = await terminal.murmur('run', join(folder, 'wrong.ts'))
  expect(code).toBe(1)
  expect(lasting(out + err)).toBe(lasting(told))
})
