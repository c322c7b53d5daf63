// The programs in examples/, each run as its first lines say: most of them by turns in one mesh of three peers.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { type Running, Terminal } from './command.ts'
import { until } from './flock.ts'

const examples = new URL('../../examples/', import.meta.url)
const fileOf = (name: string): string => fileURLToPath(new URL(name, examples))

async function run(terminal: Terminal, name: string, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await terminal.murmur('run', fileOf(name), ...args)
  expect(err).toMatch(/^(murmuration: joining the mesh of .* on this machine\n)?$/)
  expect(code).toBe(0)
  return out.trim()
}

describe('in one mesh of three peers', () => {
  let terminal: Terminal

  beforeAll(async () => {
    terminal = await Terminal.open()
    // What their operator has in the environment, no task sees.
    terminal.setEnv({ SECRET: 'the key' })
    for (let nth = 0; nth < 3; nth++) await terminal.up()
  })
  afterAll(() => terminal.close())

  const prints: Readonly<Record<string, readonly unknown[]>> = {
    'map.ts': ['303 primes below 2000'],
    'settlements.ts': ['[1]: [1]', '{"a":: TASK_FAILED, a SyntaxError', '2: 2'],
    'as-they-finish.ts': ['2 settled, 1 pending', '1 of 3: cancelled', '2 of 3: value', '3 of 3: value'],
    'pipeline.ts': ['the most frequent word is the, 4 times'],
    'nested.ts': ['1000 numbers, from 0 to 999, are in order'],
    'put-get.ts': ['means: 49.5 49.5 49.5 49.5; what get gives is a copy: true'],
    'stream.ts': ['the even ones below four million add up to 4613732'],
    'retry.ts': ['patient: answered at attempt 3', 'once: ask threw Busy: attempt 1: try again later'],
    'cancel.ts': ['cancelled TASK_CANCELLED', 'TASK_CANCELLED TASK_CANCELLED'],
    'timeout.ts': ['task: TASK_TIMEOUT', 'get: GET_TIMEOUT', 'get, later: done after 300 ms'],
    'hedge.ts': ['measure got a second attempt', '9 by attempt 2'],
    'votes.ts': ['pi is about 3.1', 'NO_MAJORITY'],
    'two-jobs.ts': ['the small one is done; more than half of the large one is not: true'],
    'placement.ts': [
      'looked at the beams',
      'looked at the garden',
      expect.stringMatching(/^MeshError: no peer can run look: .*\b1 peer: it has 1 of camera, 2 needed/),
    ],
    'env.ts': ['Good day, Kim (no secret) Welcome, Kim (no secret)'],
    'assets.ts': ['wren: 15 cm swan: 240 cm'],
    'progress.ts': [
      'train: 25 % row 1',
      'train: 50 % row 2',
      'train: 75 % row 3',
      'train: 100 % row 4',
      'train: trained with 4 rows',
      'weight 5',
    ],
    'failure.ts': [
      'ARGUMENT_FAILED <- RangeError',
      'at load (examples/failure.task.ts:4:30)',
      'load was asked for',
      'gave attempt 1 to …',
      'started attempt 1 of load in …, for …',
      'attempt 1 threw after … in …: RangeError: no tile moon',
      'it failed: load threw RangeError: no tile moon',
    ],
    'looking-in.ts': ['others here: alive alive alive', 'task square: value', 'kept here: 1 object', 'slots: 3'],
    'actor-pool.ts': ['all known', 'brid', 'laeder'],
  }

  for (const [name, lines] of Object.entries(prints))
    test(name, async () => {
      expect((await run(terminal, name)).split('\n')).toEqual(lines)
    })

  test('counter.ts goes on counting from run to run', async () => {
    const visits = [await run(terminal, 'counter.ts'), await run(terminal, 'counter.ts')]
    expect(visits).toEqual(['visit 1', 'visit 2'])
    const { out } = await terminal.murmur('list', 'actors')
    expect(out).toMatch(/Counter 'visits' +alive +detached/)
  })

  test('named-job.ts finds the second time what it did the first time', async () => {
    expect(await run(terminal, 'named-job.ts')).toBe('2470; 0 of 20 were there already')
    expect(await run(terminal, 'named-job.ts')).toBe('2470; 20 of 20 were there already')
  })

  test('detached-job.ts: its result is had when it is gone', async () => {
    expect(await run(terminal, 'detached-job.ts')).toBe('counting: murmur result census birds')
    expect((await terminal.murmur('result', 'census', 'birds')).out).toBe('4137\n')
  })

  test('with-task.ts passes its tests', async () => {
    expect(await run(terminal, 'with-task.ts')).toMatch(/pass 3[^]*fail 0/)
  })

  test('rehearsal.ts: the job is right under every seed', async () => {
    const out = await run(terminal, 'rehearsal.ts')
    const [, faults] = /^(\d+) faults in 5 runs; 0 wrong answers$/.exec(out) ?? []
    expect(Number(faults), out).toBeGreaterThan(10)
  })
})

describe('where peers are killed', () => {
  let terminal: Terminal

  beforeEach(async () => {
    terminal = await Terminal.open()
  })
  afterEach(() => terminal.close())

  /** All accounts live, and none where that peer was. */
  async function untilAllLive(looking: Mesh, gone: string): Promise<void> {
    await until(async () => {
      const peers = looking.peers().filter(({ isSelf, name }) => !isSelf && name !== gone)
      const asked = await Promise.allSettled(peers.map(({ name }) => looking.actors({ peer: name, state: 'alive' })))
      // Who does not answer is left out.
      const alive = asked.flatMap((told) => (told.status === 'fulfilled' ? told.value : []))
      return new Set(alive.filter(({ peer }) => peer !== gone).map(({ id }) => id)).size === 20
    })
  }

  test('bank.ts: three programs move money while two of four peers are killed; none is lost, none is made', async () => {
    const peers = await Promise.all(Array.from({ length: 4 }, () => terminal.up()))
    const look = await run(terminal, 'bank.ts', '0')
    expect(look).toBe('0 of 0 transfers made; 20 accounts have 20000, after 0 deposits')
    const looking = await terminal.look()
    const tellers: Running[] = Array.from({ length: 3 }, () => terminal.start('run', fileOf('bank.ts'), '60'))
    await tellers[0]?.printed(/20 of 60/)
    peers[1]?.peer.signal('SIGKILL')
    await tellers[1]?.printed(/40 of 60/)
    // Who kept an account's state must not be gone all at once: by then others have taken the place of the first.
    await untilAllLive(looking, String(peers[1]?.name))
    peers[2]?.peer.signal('SIGKILL')
    const ended = await Promise.all(tellers.map((teller) => teller.ended))
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
    const made = ended.map(({ out }) => Number(/(\d+) of 60 transfers made/.exec(out)?.[1]))
    const sum = made.reduce((all, one) => all + one, 0)
    expect(await run(terminal, 'bank.ts', '0')).toBe(
      `0 of 0 transfers made; 20 accounts have 20000, after ${sum} deposits`,
    )
    // Eight processes, and one more for each look: on two cores that are busy otherwise they take their time.
  }, 300_000)
})

test('each program is in the index and is run here', () => {
  const programs = readdirSync(examples).filter((name) => name.endsWith('.ts') && !name.endsWith('.task.ts'))
  const index = readFileSync(new URL('README.md', examples), 'utf8')
  const here = readFileSync(new URL(import.meta.url), 'utf8')
  expect(programs.filter((name) => !index.includes(`| [${name}](${name}) |`))).toEqual([])
  expect(programs.filter((name) => !here.includes(`'${name}`))).toEqual([])
})
