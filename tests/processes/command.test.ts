// The command as a user meets it: what it prints, what it says when something is wrong, how it exits.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Terminal } from './command.ts'
import { until } from './flock.ts'

let terminal: Terminal

beforeEach(async () => {
  terminal = await Terminal.open()
})

afterEach(() => terminal.close())

test('alone it prints its help; --help and --version work everywhere', async () => {
  const alone = await terminal.murmur()
  expect(alone).toMatchObject({ code: 0, err: '' })
  for (const word of [
    'up',
    'status',
    'list',
    'explain',
    'timeline',
    'logs',
    'drain',
    'result',
    'stop',
    'run',
    'invite',
    'revoke',
    'bundle',
  ]) {
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
    [['list', 'birds'], /birds.*peers, tasks, objects, actors, jobs, invites\.$/m],
    [['explain'], /missing required argument 'id'/],
    [['explain', ''], /explain what\?.*murmur list tasks/],
    [['status', '--entry', '127.0.0.1:1'], /127\.0\.0\.1:1/],
    [['run', 'nowhere.ts'], /there is no file nowhere\.ts/],
    [['run', '.'], /is a directory/],
    [['bundle', 'work.ts', '-o', 'x'], /takes a task module, a file named \*\.task\.ts/],
    [['bundle', 'counted.task.ts'], /required option '-o, --output <dir>'/],
    [['run', 'broken.txt'], /broken\.txt.*expected \.ts/],
    [['invite', '--role', 'king'], /king.*worker, member, observer/],
    [['invite', '--for', '2'], /number with its unit, as in 30m, 2h or 7d/],
    [['invite', '--for', '2 fortnights'], /number with its unit/],
    [['invite', '--page', 'lab-3'], /address of the join page/],
    [['invite', '--entry', 'lab-3'], /is no address/],
    [['up', '--lan', '--host', '127.0.0.1'], /--lan listens on every network/],
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
    const { addresses } = await terminal.up()
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
  const { addresses } = await terminal.up()
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
  const { peer: other, name } = await terminal.up('--label', 'zone=attic')
  const looking = await terminal.look()
  await until(() => looking.peers().filter(({ isSelf }) => !isSelf).length === 2)
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
  expect(err).toMatch(/\n +at .*core.dist/)
  expect(code).toBe(1)
  const { err: none } = await terminal.murmur('status')
  expect(none).toMatch(/no mesh of yours runs on this machine/)
})
