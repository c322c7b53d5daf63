// The programs in examples/, each run as its first lines say.

import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Terminal } from './command.ts'

let terminal: Terminal

beforeEach(async () => {
  terminal = await Terminal.open()
})
afterEach(() => terminal.close())

async function run(name: string, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await terminal.murmur(
    'run',
    fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)),
    ...args,
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
  const { out } = await terminal.murmur('list', 'actors')
  expect(out).toMatch(/Counter 'visits' +alive +detached/)
})

/** All accounts live, and none where that peer was. */
async function untilAllLive(gone: string): Promise<void> {
  for (;;) {
    const { out } = await terminal.murmur('list', 'actors', '--json')
    const { actors } = JSON.parse(out) as { actors: { state: string; peer: string | null }[] }
    const alive = actors.filter(({ state, peer }) => state === 'alive' && peer !== gone)
    if (alive.length === 20) return
  }
}

test('bank: three programs move money while two of four peers are killed; none is lost, none is made', async () => {
  const peers = await Promise.all(Array.from({ length: 4 }, () => terminal.up()))
  const bank = fileURLToPath(new URL('../../examples/bank.ts', import.meta.url))
  const look = await run('bank.ts', '0')
  expect(look).toBe('0 of 0 transfers made; 20 accounts have 20000, after 0 deposits')
  const tellers = Array.from({ length: 3 }, () => terminal.start('run', bank, '60'))
  await tellers[0]?.printed(/20 of 60/)
  peers[1]?.peer.signal('SIGKILL')
  await tellers[1]?.printed(/40 of 60/)
  // Who kept an account's state must not be gone all at once: by then others have taken the place of the first.
  await untilAllLive(String(peers[1]?.name))
  peers[2]?.peer.signal('SIGKILL')
  const ended = await Promise.all(tellers.map((teller) => teller.ended))
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
  const made = ended.map(({ out }) => Number(/(\d+) of 60 transfers made/.exec(out)?.[1]))
  const sum = made.reduce((all, one) => all + one, 0)
  expect(await run('bank.ts', '0')).toBe(`0 of 0 transfers made; 20 accounts have 20000, after ${sum} deposits`)
})

test('actor-pool: each line is read by one of the pool', async () => {
  for (let nth = 0; nth < 2; nth++) await terminal.up()
  expect(await run('actor-pool.ts')).toBe('all known\nbrid\nlaeder')
})
