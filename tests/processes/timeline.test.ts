// The trace of a run in which a peer is killed: who ran what when, what was lost, and where it went.

import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { Terminal } from './command.ts'
import { Flock, until } from './flock.ts'
import type * as work from './work.task.ts'

interface Traced {
  readonly ph: string
  readonly name: string
  readonly pid: number
  readonly id?: number
  readonly args?: Readonly<Record<string, unknown>>
}

const module = new URL('./work.task.ts', import.meta.url)
let end: () => Promise<void>
afterEach(() => end())

const read = (text: string): Traced[] => (JSON.parse(text) as { traceEvents: Traced[] }).traceEvents

/** A peer that has something of ours to do. */
async function heardRunning(mesh: Mesh): Promise<string> {
  let found: string | undefined
  await until(async () => {
    found = (await mesh.tasks()).find(({ peer }) => peer !== null)?.peer ?? undefined
    return found !== undefined
  })
  return found ?? ''
}

test('every attempt is a slice, the death is marked, and arrows lead from what was lost to where it went', async () => {
  const flock = await Flock.start(3)
  end = () => flock.end()
  const mesh = await flock.join()
  const { lasts } = await mesh.use<typeof work>(module)
  const refs = Array.from({ length: 30 }, (_, i) => lasts(200, i))
  for await (const _ of mesh.settled(refs)) break
  const running = await heardRunning(mesh)
  const victim = flock.byName(running)
  await victim.kill()
  await mesh.get(refs)
  const events = read(await mesh.timeline())
  const processes = new Map(
    events.filter(({ name }) => name === 'process_name').map(({ pid, args }) => [pid, String(args?.['name'])]),
  )
  expect([...processes.values()].sort()).toEqual([mesh.name, ...flock.peers.map(({ name }) => name)].sort())
  const slices = events.filter(({ ph }) => ph === 'X')
  const done = new Set(slices.filter(({ args }) => args?.['end'] === 'ran').map(({ args }) => args?.['task']))
  // What the victim had done before nobody can draw: its owner has the value, and when it was given.
  expect(done.size).toBeGreaterThan(10)
  const lost = slices.filter(({ args }) => args?.['end'] === 'lost')
  expect(lost.map(({ pid }) => processes.get(pid))).toContain(victim.name)
  const starts = events.filter(({ ph }) => ph === 's').map(({ id }) => id)
  expect(starts.length).toBeGreaterThan(0)
  expect(events.filter(({ ph }) => ph === 'f').map(({ id }) => id)).toEqual(starts)
  expect(events.find(({ name }) => name === `${victim.name} died`)).toMatchObject({ ph: 'i' })
})

test('murmur timeline -o writes it', async () => {
  const terminal = await Terminal.open()
  const file = join(tmpdir(), `murmuration-trace-${process.pid}.json`)
  const picture = file.replace(/json$/, 'svg')
  end = async () => {
    await Promise.all([file, picture].map((one) => rm(one, { force: true })))
    await terminal.close()
  }
  const { name } = await terminal.up()
  await terminal.murmur('run', 'one-task.ts')
  const { out, code } = await terminal.murmur('timeline', '-o', file)
  expect(out).toMatch(/: 1 attempt, .*ui\.perfetto\.dev/)
  expect(code).toBe(0)
  const events = read(await readFile(file, 'utf8'))
  expect(events).toContainEqual(expect.objectContaining({ name: 'process_name', args: { name } }))
  expect(events.filter(({ ph }) => ph === 'X')).toHaveLength(1)
  expect((await terminal.murmur('timeline', '-o', picture)).out).toMatch(/open it in a browser/)
  const svg = await readFile(picture, 'utf8')
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  expect(svg).toContain(`>${name}</text>`)
  expect(svg.match(/<rect .*<title>fn<\/title>/g)).toHaveLength(1)
})
