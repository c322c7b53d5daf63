import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { decode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../dist/dragon/main.js', import.meta.url))
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragon-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: Number(code), out, err }
}

describe('a mistake is one sentence and exit code 2', () => {
  test.each([
    [['--size', 'large'], /--size.*640x360/],
    [['--size', '0x10'], /--size.*8192/],
    [['--samples', '1.5'], /--samples.*whole number from 1 to 4096/],
    [['--peers', '0'], /--peers.*whole number from 1 to 64/],
    [['--kill', '4'], /--kill 4 is more than there are: at most --peers, which is 3/],
    [['--peers', '2', '--kill', '3'], /at most --peers, which is 2/],
    [['--kill-submitter', '--kill', '1'], /'--kill-submitter' cannot be used with option '--kill <n>'/],
    [['--kill-submitter', '--alone'], /'--kill-submitter' cannot be used with option '--alone'/],
    [['-o', 'nowhere/dragon.png'], /-o nowhere\/dragon\.png: the folder .* does not exist/],
    [['-o', '.'], /is a folder; name a file in it/],
    [['--kil', '1'], /unknown option '--kil'/],
    [['castle'], /too many arguments/],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await run(args)
    expect(err).toMatch(sentence)
    expect(code).toBe(2)
    expect(out).toBe('')
  })
})

test('--help lists the options', async () => {
  const { code, out } = await run(['--help'])
  expect(code).toBe(0)
  expect(out).not.toMatch(/[{}]|false/)
  for (const option of [
    '--size',
    '--samples',
    '--peers',
    '--kill',
    '--kill-submitter',
    '--output',
    '--alone',
    '--json',
  ])
    expect(out).toContain(option)
})

test('--alone --json renders the dragon, and says so in one line for programs', async () => {
  const file = join(folder, 'small.png')
  const { code, out, err } = await run(['--alone', '--json', '--size', '32x18', '--samples', '2', '-o', file])
  expect(code).toBe(0)
  const told = JSON.parse(out) as Record<string, unknown>
  expect(err).toMatch(/small\.png: 32x18, 2 samples per pixel, .* alone\n/)
  expect(Object.keys(told).sort()).toEqual([
    'executions',
    'file',
    'peersDied',
    'rebuilt',
    'retried',
    'seconds',
    'sha256',
    'tasks',
  ])
  expect(told['file']).toBe(file)
  const png = decode(await readFile(file))
  expect([png.width, png.height, png.channels]).toEqual([32, 18, 3])
  // The whole way from the scan to the file, on record.
  expect(told['sha256']).toMatchInlineSnapshot(`"e93a618277aace1c7429d1a1ecf3d1574805b21dcc1fb6eb12426a2e64c51b5a"`)
})
