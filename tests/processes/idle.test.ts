// A program that has nothing more to do and stays: its author is told, and not too soon.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('./programs/idle.mjs', import.meta.url))
let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'murmuration-test-'))
})

afterEach(() => rm(home, { recursive: true, force: true }))

test('a program that has finished and does not leave is told so; one that waits for input is not', async () => {
  const idle = spawn(process.execPath, [program, home], { stdio: 'pipe' })
  const reading = spawn(process.execPath, [program, home, 'reads'], { stdio: 'pipe' })
  let heard = ''
  reading.stderr.on('data', (text) => (heard += String(text)))
  try {
    const [said] = (await once(idle.stderr, 'data')) as [Buffer]
    expect(String(said)).toMatch(/^murmuration: this program has been idle for 10 s .*mesh\.leave\(\).*\n$/)
    expect(heard).toBe('')
  } finally {
    const ended = [idle, reading].map((child) => once(child, 'exit'))
    for (const child of [idle, reading]) child.kill('SIGKILL')
    await Promise.all(ended)
  }
})
