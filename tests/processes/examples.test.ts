// The programs in examples/, each run as its first lines say.

import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Terminal } from './command.ts'

let terminal: Terminal

beforeEach(async () => {
  terminal = await Terminal.open()
})
afterEach(() => terminal.close())

async function run(name: string): Promise<string> {
  const { code, out, err } = await terminal.murmur(
    'run',
    fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)),
  )
  expect(err).toMatch(/^(murmuration: joining the mesh of .* on this machine\n)?$/)
  expect(code).toBe(0)
  return out.trim()
}

test('counter: it goes on counting from run to run', async () => {
  for (let nth = 0; nth < 3; nth++) await terminal.up()
  expect([await run('counter.ts'), await run('counter.ts'), await run('counter.ts')]).toEqual([
    'visit 1',
    'visit 2',
    'visit 3',
  ])
})

test('actor-pool: each line is read by one of the pool', async () => {
  for (let nth = 0; nth < 2; nth++) await terminal.up()
  expect(await run('actor-pool.ts')).toBe('all known\nbrid\nlaeder')
})
