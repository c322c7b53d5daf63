// The command as a user meets it: what it prints, what it says when something is wrong, how it exits.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Terminal } from './command.ts'
import type { Running } from './command.ts'
import { until } from './flock.ts'

let terminal: Terminal

beforeEach(async () => {
  terminal = await Terminal.open()
})

afterEach(() => terminal.close())

async function up(...words: readonly string[]): Promise<{ peer: Running; name: string; addresses: string[] }> {
  const peer = terminal.start('up', '--json', '--slots', '1', ...words)
  const { name, addresses } = await peer.said(({ event }) => event === 'up')
  return { peer, name: String(name), addresses: addresses as string[] }
}

test('alone it prints its help; --help and --version work everywhere', async () => {
  const alone = await terminal.murmur()
  expect(alone).toMatchObject({ code: 0, err: '' })
  for (const word of ['up', 'status', 'list', 'explain', 'drain', 'result', 'stop', 'run']) {
    expect(alone.out).toContain(word)
    const help = await terminal.murmur(word, '--help')
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toMatch(/--json/)
  }
  const { version } = JSON.parse(
    await readFile(new URL('../../packages/node-peer/package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  expect(await terminal.murmur('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

describe('what was typed wrong is said in a sentence, with exit code 2', () => {
  const cases: [words: string[], sentence: RegExp][] = [
    [['stauts'], /unknown command 'stauts' \(did you mean status\?\)/],
    [['up', '--slot', '2'], /unknown option '--slot' \(did you mean --slots\?\)/],
    [['up', '--slots', 'many'], /--slots <n>.*'many'.*whole number from 0 to 4096/],
    [['up', '--port', '70000'], /--port <n>.*whole number from 0 to 65535/],
    [['up', '--label', 'zone'], /--label.*name=value/],
    [['up', '--entry', 'lab-3'], /"lab-3" is no address.*lab-3:9000/],
    [['up', '--host', '192.0.2.1'], /cannot listen there \(EADDRNOTAVAIL.*host must be an address of this machine/],
    [['up', '--port', '7', '--ws-port', '7'], /port and wsPort are both 7/],
    [['list', 'birds'], /birds.*peers, tasks, objects, jobs\.$/m],
    [['explain'], /missing required argument 'id'/],
    [['explain', ''], /explain what\?.*murmur list tasks/],
    [['status', '--entry', '127.0.0.1:1'], /127\.0\.0\.1:1/],
    [['run', 'nowhere.ts'], /there is no file nowhere\.ts/],
    [['run', '.'], /is a directory/],
    [['run', 'broken.txt'], /broken\.txt.*expected \.ts/],
  ]
  test.each(cases)('murmur %j', async (words, sentence) => {
    const { code, out, err } = await terminal.murmur(...words)
    expect(err).toMatch(sentence)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  test('an entry where nobody listens is told at once to who looks, and waited for by who would compute', async () => {
    const { code, err } = await terminal.murmur('up', '--entry', '127.0.0.1:1')
    const [first, last, ...more] = err.trim().split('\n')
    expect(first).toBe('murmuration: nobody listens at 127.0.0.1:1: trying for 10 s')
    expect(last).toMatch(/no entry could be reached: 127\.0\.0\.1:1.*murmur up/)
    expect({ code, more }).toEqual({ code: 2, more: [] })
  })

  test('a mesh.key that is none is named', async () => {
    await writeFile(join(terminal.home, 'mesh.key'), 'a word')
    const { code, err } = await terminal.murmur('status')
    expect(err).toMatch(/^murmur: \S+mesh\.key holds 6 bytes, a mesh key has 32: [^\n]*\n$/)
    expect(code).toBe(2)
  })

  test('a program that does not compile names the place', async () => {
    const file = join(terminal.home, 'broken.ts')
    await writeFile(file, 'const one: number = 1\nconst two = = 2\n')
    const { code, err } = await terminal.murmur('run', file)
    expect(err).toMatch(/broken\.ts:2:13/)
    expect(code).toBe(2)
  })

  test('a port that is taken is named', async () => {
    const { addresses } = await up()
    const port = /\/tcp\/(\d+)\/p2p/.exec(addresses[0] ?? '')?.[1] ?? ''
    const { code, err } = await terminal.murmur('up', '--port', port)
    expect(err).toMatch(new RegExp(`port ${port} is in use`))
    expect(code).toBe(2)
  })
})

test('without a mesh, those that ask say so and found none', async () => {
  for (const words of [['status'], ['list', 'tasks'], ['explain', 'x']]) {
    const { code, out, err } = await terminal.murmur(...words)
    expect(err).toMatch(/no mesh of yours runs on this machine: start one with murmur up/)
    expect({ code, out }).toEqual({ code: 1, out: '' })
  }
  const asJson = await terminal.murmur('status', '--json')
  expect(JSON.parse(asJson.err)).toMatchObject({ error: { code: 'NOT_FOUND' } })
})

test('a mesh with another key is named as such, with exit code 2', async () => {
  const { addresses } = await up()
  const other = await Terminal.open()
  try {
    const { code, err } = await other.murmur('status', '--entry', addresses[0] ?? '')
    expect(err).toMatch(/^murmur: .*another key/)
    expect(code).toBe(2)
  } finally {
    await other.close()
  }
})

test('up says where it is and how to be joined; status and list show it; Ctrl-C leaves', async () => {
  // Both at once: whoever founds, they find each other.
  const peer = terminal.start('up', '--slots', '2', '--label', 'zone=lab', '--memory', '64')
  const { peer: other, name } = await up('--label', 'zone=attic')
  await until(async () => {
    const { peers } = JSON.parse((await terminal.murmur('status', '--json')).out) as { peers: unknown[] }
    return peers.length === 2
  })
  const status = await terminal.murmur('status')
  expect(status).toMatchObject({ code: 0, err: '' })
  expect(status.out).toMatch(/^2 peers, 0 of 3 slots busy/)
  expect(status.out).toMatch(new RegExp(`${name} +alive .*0 of 1`))
  const list = await terminal.murmur('list', 'peers')
  expect(list.out).toMatch(/zone=attic/)
  expect(list.out).toMatch(/zone=lab/)
  expect((await terminal.murmur('list', 'tasks')).out).toMatch(/^no tasks/)
  expect((await terminal.murmur('list', 'objects')).out).toMatch(/^no objects/)
  const missing = await terminal.murmur('explain', 'nothing-like-it')
  expect(missing.code).toBe(1)
  expect(missing.err).toMatch(/none of 2 peers knows nothing-like-it/)
  other.signal('SIGINT')
  expect((await other.ended).code).toBe(0)
  peer.signal('SIGTERM')
  const { code, out } = await peer.ended
  expect(code).toBe(0)
  expect(out).toMatch(/is up: 2 slots, 64.0 MiB/)
  expect(out).toMatch(/murmur up --entry 127\.0\.0\.1:\d+/)
  expect(out).toMatch(/run code here as you/)
  expect(out).toMatch(new RegExp(`${name} left`))
  expect(out).not.toMatch(/died|suspected/)
})

test('up ends with the sentence when its machine broke, and newcomers do not knock there', async () => {
  const broken = terminal.startAfter([new URL('./programs/breaks.mjs', import.meta.url)], 'up')
  const { code, err } = await broken.ended
  expect(err).toMatch(/murmur: this peer stopped: .*please report it/)
  expect(err).toMatch(/\n +at .*dispatch/)
  expect(code).toBe(1)
  const { err: none } = await terminal.murmur('status')
  expect(none).toMatch(/no mesh of yours runs on this machine/)
})

describe('run', () => {
  test('a program joins, has its arguments, prints, leaves and ends', async () => {
    const { peer } = await up()
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
  const peers = [await up(), await up(), await up()]
  const program = terminal.start('run', 'sum.ts', '150')
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
  expect(out).toMatch(/"sum":11175/)
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
