// The clock, the hash and the code cache.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CodeId } from '@murmuration/core/internal'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NodeClock } from '../src/clock.ts'
import { createCodeCache } from '../src/code-url.ts'
import { writeWhole } from '../src/home.ts'
import { sha256 } from '../src/sha256.ts'
import { temporaryHome } from './fixtures/child.ts'

describe('clock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('wakes at the time and not before, once', () => {
    const clock = new NodeClock()
    const woken: number[] = []
    const at = clock.now() + 100
    clock.wakeAt(at, () => woken.push(clock.now()))
    vi.advanceTimersByTime(99)
    expect(woken).toEqual([])
    vi.advanceTimersByTime(1_000)
    expect(woken).toHaveLength(1)
    expect(woken[0]).toBeGreaterThanOrEqual(at)
  })

  test('a new time replaces the old one, Infinity clears it, the past is now', () => {
    const clock = new NodeClock()
    const woken: string[] = []
    clock.wakeAt(clock.now() + 10, () => woken.push('replaced'))
    clock.wakeAt(clock.now() + 20, () => woken.push('cleared'))
    clock.wakeAt(Number.POSITIVE_INFINITY, () => woken.push('never'))
    vi.advanceTimersByTime(1_000)
    expect(woken).toEqual([])
    clock.wakeAt(clock.now() - 5, () => woken.push('past'))
    vi.advanceTimersByTime(1)
    expect(woken).toEqual(['past'])
  })

  test('waits longer than a timer can', () => {
    const clock = new NodeClock()
    let woken = false
    clock.wakeAt(clock.now() + 2 ** 32, () => (woken = true))
    vi.advanceTimersByTime(2 ** 32 - 1)
    expect(woken).toBe(false)
    vi.advanceTimersByTime(2)
    expect(woken).toBe(true)
  })
})

test('sha256 hashes its parts as one', () => {
  const wanted = createHash('sha256').update('abcdef').digest('hex')
  expect(sha256('abcdef')).toBe(wanted)
  expect(sha256('abc', Buffer.from('def'))).toBe(wanted)
  expect(sha256()).toBe(createHash('sha256').digest('hex'))
})

describe('code cache', () => {
  let home: string
  const source = Buffer.from('export const one = 1\n')
  const code = sha256(source) as CodeId

  beforeEach(async () => {
    home = await temporaryHome()
  })

  afterEach(() => rm(home, { recursive: true, force: true }))

  test('keeps a bundle as a file that can be imported', async () => {
    const url = await createCodeCache(home).url(code, source)
    expect(fileURLToPath(url)).toBe(join(home, 'cache', 'code', `${code}.mjs`))
    expect(await import(url)).toMatchObject({ one: 1 })
  })

  test('does not trust a file that differs', async () => {
    const path = fileURLToPath(await createCodeCache(home).url(code, source))
    await writeFile(path, 'export const one = 2\n')
    await createCodeCache(home).url(code, source)
    expect(await readFile(path)).toEqual(source)
  })

  test('keeps a file that comes with a bundle under its own name, and in no other place', async () => {
    const cache = createCodeCache(home)
    const path = await cache.assetFile({ hash: code, name: 'model.onnx' }, source)
    expect(path).toBe(join(home, 'cache', 'assets', code, 'model.onnx'))
    expect(await readFile(path)).toEqual(source)
    for (const name of ['..', '../../x', 'a\\b'])
      expect(await cache.assetFile({ hash: code, name }, source)).toBe(join(home, 'cache', 'assets', code, 'asset'))
  })

  test('falls back to a directory of its own, and removes it', async () => {
    const blocked = join(home, 'file')
    await writeFile(blocked, '')
    const cache = createCodeCache(blocked)
    const path = fileURLToPath(await cache.url(code, source))
    expect(await readFile(path)).toEqual(source)
    cache.close()
    await expect(readFile(path)).rejects.toThrow('ENOENT')
  })

  test('says so when there is no place at all, and is there again when there is one', async () => {
    const blocked = join(home, 'file')
    await writeFile(blocked, '')
    vi.stubEnv('TMPDIR', blocked)
    const cache = createCodeCache(blocked)
    await expect(cache.url(code, source)).rejects.toThrow(
      /^the bundle can be kept neither in .*file\/cache\/code \(ENOTDIR\b.*\) nor in .*file \(ENOTDIR\b.*MURMURATION_HOME.*TMPDIR/,
    )
    vi.unstubAllEnvs()
    expect(await readFile(fileURLToPath(await cache.url(code, source)))).toEqual(source)
    cache.close()
  })

  test('leaves no drafts behind when a file cannot be replaced', async () => {
    const taken = join(home, 'taken')
    await mkdir(join(taken, 'inside'), { recursive: true })
    await expect(writeWhole(taken, 'text')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
    expect(await readdir(home)).toEqual(['taken'])
  })

  test('leaves none behind when the process just ends', async () => {
    const blocked = join(home, 'file')
    await writeFile(blocked, '')
    const module = JSON.stringify(new URL('../dist/code-url.js', import.meta.url).href)
    const script = `import { createCodeCache } from ${module}
      console.log(await createCodeCache(process.argv[1]).url('${'0'.repeat(64)}', new Uint8Array([59])))
      process.exit(3)`
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script, blocked], { encoding: 'utf8' })
    expect(ended.status).toBe(3)
    expect(ended.stdout).toMatch(/murmuration-code-/)
    expect(existsSync(dirname(fileURLToPath(ended.stdout.trim())))).toBe(false)
  })

  test('refuses an id that could leave the directory', async () => {
    await expect(createCodeCache(home).url('../../x' as CodeId, source)).rejects.toThrow('no code id')
  })
})
