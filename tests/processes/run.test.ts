// `murmur run` as a user meets it: what a program prints, what its failures say, how it exits, and what
// a death in the middle of it does.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Terminal } from './command.ts'

let terminal: Terminal

beforeEach(async () => {
  terminal = await Terminal.open()
})

afterEach(() => terminal.close())

describe('run', () => {
  test('a program joins, has its arguments, prints, leaves and ends', async () => {
    const { peer } = await terminal.up()
    const { code, out } = await terminal.murmur('run', 'sum.ts', '5', '--json')
    expect(out.trim().split('\n').at(-1)).toBe('{"sum":10,"by":"sum.ts"}')
    expect(code).toBe(0)
    const { fn, text } = await peer.said(({ event }) => event === 'printed')
    expect(fn).toBe('busy')
    expect(text).toMatch(/^busy with \d$/)
    const tasks = JSON.parse((await terminal.murmur('list', 'tasks', '--json')).out) as { tasks: unknown[] }
    expect(tasks.tasks).toEqual([])
  })

  test("a task's failure shows its sentence, the program's line and the cause; the mesh is left", async () => {
    const { code, err } = await terminal.murmur('run', 'fails.ts')
    expect(code).toBe(1)
    expect(err).toMatch(/TASK_FAILED: .*division by zero/)
    expect(err).toMatch(/fails\.ts:10:\d+/)
    expect(err).toMatch(/caused by RangeError: division by zero/)
    expect(err).toMatch(/caused by Error: dividing 1/)
  })

  test('--json has what the error says for programs', async () => {
    const { code, err } = await terminal.murmur('run', '--json', 'fails.ts')
    expect(code).toBe(1)
    expect(JSON.parse(err)).toMatchObject({
      error: {
        code: 'TASK_FAILED',
        peer: expect.any(String) as string,
        task: expect.any(String) as string,
        attempt: 1,
        cause: { name: 'RangeError', cause: { name: 'Error', message: 'dividing 1' } },
      },
    })
  })

  test('what nobody waits for ends with the program, and that is said', async () => {
    expect(await terminal.murmur('run', 'drops.ts')).toEqual({
      code: 0,
      out: '',
      err: 'murmur: 3 tasks that nobody waited for were ended with the program: await their refs\n',
    })
  })

  test('Ctrl-C stops it, and nothing else is said', async () => {
    const program = terminal.start('run', 'waits.ts')
    await program.said(({ event }) => event === 'waiting')
    program.signal('SIGINT')
    expect(await program.ended).toMatchObject({ code: 130, err: 'murmur: stopped\n' })
  })

  test("a program's own error shows its own lines", async () => {
    const { code, err } = await terminal.murmur('run', 'throws.ts')
    expect(code).toBe(1)
    expect(err).toMatch(
      /^TypeError: too deep: 3\n\s+at dig \(\S*throws\.ts:6:9\)\n\s+at \S* ?\(?\S*throws\.ts:9:1\)?\n$/,
    )
  })

  test('its own options stand before the file; behind it they are passed on, and that is said', async () => {
    const { code, err } = await terminal.murmur('run', 'exits.ts', '3', '--entry', 'lab-3:9000')
    expect(err).toBe('murmur: --entry behind exits.ts goes to the program; for murmur it stands before the file\n')
    expect(code).toBe(3)
    const entries = ['--entry', '127.0.0.1:1', '--entry', '127.0.0.1:2']
    expect(await terminal.murmur('run', ...entries, 'exits.ts', '3')).toEqual({ code: 3, out: '', err: '' })
  })

  test("the exit code is the program's", async () => {
    expect((await terminal.murmur('run', 'exits.ts', '7')).code).toBe(7)
  })
})

test('one of three is killed while a program works: the sum is right, and status says who, when and how', async () => {
  const peers = [await terminal.up(), await terminal.up(), await terminal.up()]
  // Long enough to be looked at: two commands are started meanwhile.
  const program = terminal.start('run', 'sum.ts', '200')
  const victim = peers[1] as (typeof peers)[number]
  await victim.peer.said(({ event }) => event === 'printed')
  const tasks = await terminal.murmur('list', 'tasks')
  expect(tasks.out).toMatch(/busy +assigned/)
  const id = /^(\S+) +busy +assigned/m.exec(tasks.out)?.[1] ?? ''
  const explained = await terminal.murmur('explain', id)
  if (explained.code === 0) expect(explained.out).toMatch(/busy/)
  else expect(explained.err).toMatch(new RegExp(id)) // It was done meanwhile.
  victim.peer.signal('SIGKILL')
  const { code, out } = await program.ended
  expect(out).toMatch(/"sum":19900/)
  expect(code).toBe(0)
  for (const { peer } of peers.filter((one) => one !== victim)) {
    const died = await peer.said(({ event }) => event === 'peer:died')
    expect(died).toMatchObject({ name: victim.name, how: expect.stringMatching(/suspected by/) as string })
  }
  const status = await terminal.murmur('status')
  expect(status.out).toMatch(/^2 peers, 0 of 2 slots busy, 1 dead/)
  expect(status.out).toMatch(new RegExp(`${victim.name} +dead +.* ago +.*suspected by`))
  const asJson = JSON.parse((await terminal.murmur('status', '--json')).out) as {
    peers: { name: string; state: string }[]
  }
  expect(asJson.peers.find(({ name }) => name === victim.name)).toMatchObject({ state: 'dead' })
})
