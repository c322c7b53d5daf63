// Jobs with a name, on real processes: the program is killed for real, and run again from wherever it lies.

import { cp, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { Terminal } from './command.ts'
import { until } from './flock.ts'

const programs = fileURLToPath(new URL('./programs/', import.meta.url))
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
let terminal: Terminal
let log: string

/** Three peers that know each other do for all: what a test leaves of its job, it stops. */
beforeAll(async () => {
  terminal = await Terminal.open()
  const peers = []
  for (let nth = 0; nth < 3; nth++) {
    const { peer, name } = await terminal.up('--slots', '2')
    for (const before of peers) await before.said(({ event, name: who }) => event === 'peer:joined' && who === name)
    peers.push(peer)
  }
})

beforeEach(async ({ task }) => {
  log = join(terminal.home, `log-${task.id}`)
  await writeFile(log, '')
})

afterAll(() => terminal.close())

/** Whatever becomes of this test, the next ones find no such job. */
function leaves(name: string): void {
  onTestFinished(async () => void (await terminal.murmur('stop', name)))
}

async function lines(): Promise<string[]> {
  return (await readFile(log, 'utf8')).split('\n').slice(0, -1)
}

test('a program is killed at half and run again, there and elsewhere: what was done is not done again', async () => {
  leaves('sum')
  const first = terminal.start('run', 'sum-job.ts', 'sum', log)
  await first.said(({ event }) => event === 'half')
  first.signal('SIGKILL')
  await first.ended
  expect((await lines()).length).toBeGreaterThanOrEqual(20)
  expect((await lines()).length).toBeLessThan(40)

  expect(await sumOf('sum-job.ts')).toBe(780)
  const ran = await lines()
  expect(new Set(ran).size).toBe(40)
  // Of what was under way nobody could say yet that it was done: six slots, each with one task and one more at hand.
  expect(ran.length).toBeLessThanOrEqual(40 + 12)

  const elsewhere = join(terminal.home, 'elsewhere')
  await cp(programs, elsewhere, { recursive: true })
  await symlink(modules, join(terminal.home, 'node_modules'))
  expect(await sumOf(join(elsewhere, 'sum-job.ts'))).toBe(780)
  expect(await lines()).toEqual(ran)

  const tasks = join(elsewhere, 'counted.task.ts')
  await writeFile(tasks, (await readFile(tasks, 'utf8')).replace('2 * n + 1', '2 * n + 2'))
  expect(await sumOf(join(elsewhere, 'sum-job.ts'))).toBe(800)
  const again = (await lines()).slice(ran.length)
  expect(again.length).toBe(20)
  expect(again.every((line) => line.startsWith('odd'))).toBe(true)
})

async function sumOf(program: string): Promise<unknown> {
  const run = terminal.start('run', program, 'sum', log)
  const { sum } = await run.said(({ event }) => event === 'sum')
  expect((await run.ended).code).toBe(0)
  return sum
}

test('a detached job ends with its program gone for good: anybody reads its result', async () => {
  leaves('long')
  const first = terminal.start('run', 'long-job.ts', 'sum', log)
  await until(async () => (await lines()).length >= 8)
  first.signal('SIGKILL')
  await first.ended
  const { value } = await terminal.start('run', 'long-job.ts', 'read').said(({ event }) => event === 'read')
  expect(value).toBe(380)
  const ran = await lines()
  expect(ran.filter((line) => line === 'main')).toHaveLength(1)
  expect(ran).toHaveLength(21)
})

test('list shows jobs, result reads without taking them over, stop ends them everywhere', async () => {
  const none = await terminal.murmur('result', 'long', 'result')
  expect(none).toMatchObject({ code: 2, out: '', err: 'murmur: no job is named long; nobody has a job with a name\n' })
  const go = join(terminal.home, 'go')
  const first = terminal.start('run', 'long-job.ts', 'until', go)
  await first.said(({ event }) => event === 'begun')
  const { jobs } = await jobsNow()
  expect(jobs).toMatchObject([{ name: 'long', lifetime: 'detached', state: 'open', pending: 1, done: [] }])
  const holder = String(jobs[0]?.['peer'])
  const { out: listed } = await terminal.murmur('list', 'jobs')
  expect(listed).toMatch(/^long +detached +open +1 +\w+-\w+ +result \(not done\)$/m)

  const taken = await terminal.murmur('run', 'long-job.ts', 'read')
  expect(taken.code).toBe(1)
  expect(taken.err).toContain(`NAME_TAKEN: job long is open in a program on ${holder}`)
  const late = await terminal.murmur('result', 'long', 'result', '--timeout', '0')
  expect(late).toMatchObject({ code: 1, out: '' })
  expect(late.err).toContain(
    `murmur: result of job long is not there after 0 ms: its program is on ${holder}, 1 task pending; `,
  )

  const waiting = terminal.murmur('result', 'long', 'result', '--json')
  await writeFile(go, '')
  const told = { job: 'long', name: 'result', value: { at: [['end', '7']] } }
  expect(JSON.parse((await waiting).out)).toMatchObject(told)
  expect((await first.ended).code).toBe(0)
  expect((await terminal.murmur('result', 'long', 'result')).out).toBe("{ at: Map(1) { 'end' => 7n } }\n")
  const cases: [words: string[], sentence: RegExp][] = [
    [['result', 'lung', 'result'], /no job is named lung \(did you mean long\?\); there are long\n$/],
    [
      ['result', 'long', 'results'],
      /nothing in job long is named results \(did you mean result\?\); there are result\n$/,
    ],
    [['result', 'long', 'result', '-o', 'no/where'], /-o no\/where: there is no directory \S+no\n$/],
    [['stop', 'lang'], /no job is named lang \(did you mean long\?\)/],
  ]
  for (const [words, sentence] of cases) {
    const { code, out, err } = await terminal.murmur(...words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(sentence)
  }
  const { out } = await terminal.murmur('stop', 'long', '--json')
  expect(JSON.parse(out)).toMatchObject({ stopped: 'long', was: 'kept', cancelled: 0, unanswered: [] })
  expect((await jobsNow()).jobs).toEqual([])
  expect((await terminal.murmur('stop', 'long')).code).toBe(2)
})

async function jobsNow(): Promise<{ jobs: Record<string, unknown>[] }> {
  return JSON.parse((await terminal.murmur('list', 'jobs', '--json')).out) as { jobs: Record<string, unknown>[] }
}

test('a job that programs have read is as it was; a reader that mistypes it is told, and makes no job', async () => {
  leaves('long')
  const first = terminal.start('run', 'long-job.ts', 'sum', log)
  expect((await first.ended).code).toBe(0)
  for (let reader = 0; reader < 2; reader++) {
    const { code, out } = await terminal.murmur('run', 'reads-job.ts', 'long', 'result')
    expect({ code, out }).toEqual({ code: 0, out: '380\n' })
    expect((await jobsNow()).jobs).toMatchObject([{ name: 'long', lifetime: 'detached', done: ['result'] }])
    expect(await terminal.murmur('result', 'long', 'result')).toMatchObject({ code: 0, out: '380\n' })
  }
  const lung = await terminal.murmur('run', 'reads-job.ts', 'lung', 'result')
  expect(lung.code).toBe(1)
  expect(lung.err).toContain(
    'NOT_FOUND: ref: nothing is named result in job lung; nothing was ever asked of that job before',
  )
  const rusult = await terminal.murmur('run', 'reads-job.ts', 'long', 'rusult')
  expect(rusult.err).toContain(
    'NOT_FOUND: ref: nothing is named rusult in job long (did you mean result?); there are result',
  )
  expect((await jobsNow()).jobs).toMatchObject([{ name: 'long' }])
})

test('stop cancels what runs, and its program is told why', async () => {
  const first = terminal.start('run', 'long-job.ts', 'until', join(terminal.home, 'never'))
  await first.said(({ event }) => event === 'begun')
  const { code, out } = await terminal.murmur('stop', 'long')
  expect(out).toMatch(/^stopped long, which \w+-\w+ had: 1 task cancelled, what was done is let go\n$/)
  expect(code).toBe(0)
  const { code: failed, err } = await first.ended
  expect(err).toMatch(/TASK_CANCELLED: .*the job was stopped: murmur stop/)
  expect(failed).toBe(1)
})

test('bytes are written to a file as they are', async () => {
  await terminal.murmur('run', 'bytes-job.ts')
  const file = join(terminal.home, 'bytes')
  const { code, out } = await terminal.murmur('result', 'bytes', 'sevens', '-o', file)
  expect({ code, out }).toEqual({ code: 0, out: `${file}: 977 KiB, sevens of job bytes\n` })
  expect(await readFile(file)).toEqual(Buffer.alloc(1_000_000, 7))
})
