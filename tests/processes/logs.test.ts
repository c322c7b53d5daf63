// What tasks print is shown where they were asked for, with who printed it, and kept for whoever asks later.

import { afterEach, expect, test } from 'vitest'
import { Terminal } from './command.ts'

let terminal: Terminal
afterEach(() => terminal.close())

test('a program sees what its tasks print elsewhere, and murmur logs has it afterwards', async () => {
  terminal = await Terminal.open()
  const { name } = await terminal.up()
  const { err, out, code } = await terminal.murmur('run', 'prints.ts')
  expect(code).toBe(0)
  expect(out).toBe('')
  const lines = err.split('\n').filter((line) => line.startsWith('['))
  for (const n of [1, 2, 3]) expect(lines).toContain(`[${name} talk] hello from ${n}`)
  expect(lines.filter((line) => line.includes('the same from all'))).toEqual([`[${name} talk] the same from all`])
  const kept = await terminal.murmur('logs', '--json')
  const told = kept.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(told.map(({ text }) => text)).toEqual([
    'hello from 1',
    'the same from all',
    'hello from 2',
    'the same from all',
    'hello from 3',
    'the same from all',
  ])
  expect(told[0]).toMatchObject({ peer: name, fn: 'talk', attempt: 1, level: 'log', again: 0 })
  const task = String(told[0]?.['task'])
  expect((await terminal.murmur('logs', task)).out.split('\n').filter(Boolean)).toHaveLength(2)
  expect((await terminal.murmur('logs', name, '--limit', '1')).out).toMatch(/the same from all/)
  await terminal.murmur('run', 'prints.ts', 'chatter')
  const ofJob = (await terminal.murmur('logs', 'chatter')).out.split('\n').filter(Boolean)
  expect(ofJob).toHaveLength(6)
  const nobody = await terminal.murmur('logs', 'nobody')
  expect(nobody).toMatchObject({ code: 1 })
  expect(nobody.err).toMatch(/nobody remembers a line of nobody/)
})

test('murmur logs -f goes on with what comes', async () => {
  terminal = await Terminal.open()
  await terminal.up()
  const follower = terminal.start('logs', '-f', '--json')
  const line = follower.said(({ text }) => text === 'hello from 2')
  await terminal.murmur('run', 'prints.ts')
  expect(await line).toMatchObject({ fn: 'talk', level: 'log' })
  follower.signal('SIGINT')
  expect((await follower.ended).code).toBe(0)
})
