// What happened to a task is told by all who had to do with it, also when the peer that ran it is dead.

import { afterEach, expect, test } from 'vitest'
import type { Mesh } from 'murmuration'
import { Terminal } from './command.ts'
import { Flock, until } from './flock.ts'
import type * as work from './work.task.ts'

const module = new URL('./work.task.ts', import.meta.url)
let end: () => Promise<void>
afterEach(() => end())

async function runningOn(mesh: Mesh, id: string): Promise<string> {
  let peer: string | null = null
  await until(async () => {
    const row = (await mesh.tasks()).find((task) => task.id === id)
    return (peer = row?.peer ?? null) !== null
  })
  return peer ?? ''
}

test('the story of a task whose peer was killed, from the others', async () => {
  const flock = await Flock.start(2)
  end = () => flock.end()
  const mesh = await flock.join()
  const { lasts } = await mesh.use<typeof work>(module)
  const ref = lasts(1_500, 7)
  const first = await runningOn(mesh, ref.id)
  await flock.byName(first).kill()
  expect(await ref.get()).toBe(7)
  const story = await mesh.story(ref)
  const [second] = flock.peers.filter(({ name }) => name !== first)
  expect(story.map(({ peer, text }) => `${peer}: ${text}`)).toEqual([
    `${mesh.name}: lasts was asked for`,
    `${mesh.name}: gave attempt 1 to ${first}`,
    `${mesh.name}: attempt 1 on ${first}: peer ${first} died`,
    `${mesh.name}: gave attempt 2 to ${second?.name}`,
    expect.stringMatching(new RegExp(`^${second?.name}: started attempt 2 of lasts in worker \\d+, for ${mesh.name}$`)),
    expect.stringMatching(new RegExp(`^${second?.name}: attempt 2 was done after \\d+ ms in worker \\d+$`)),
    expect.stringMatching(new RegExp(`^${mesh.name}: has its value, \\d+ ms after it was asked for$`)),
  ])
  const times = story.map(({ sinceMs }) => sinceMs)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(Math.abs((story.at(-1)?.at ?? 0) - Date.now())).toBeLessThan(60_000)
  // The dead have theirs, too.
  const death = await mesh.story(flock.byName(first).id)
  expect(death.map(({ what }) => what)).toContain('died')
  await expect(mesh.story('no-such-thing')).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('murmur explain tells it after its program has ended', async () => {
  const terminal = await Terminal.open()
  end = () => terminal.close()
  const { name } = await terminal.up()
  const { out } = await terminal.murmur('run', 'one-task.ts')
  const id = out.trim()
  const explained = await terminal.murmur('explain', id)
  expect(explained.out).toMatch(new RegExp(`\\+0\\.000 s {2}${name} +started attempt 1 of fn`))
  expect(explained.code).toBe(0)
  const { story } = JSON.parse((await terminal.murmur('explain', id, '--json')).out) as { story: { what: string }[] }
  expect(story.map(({ what }) => what)).toEqual(['started', 'ran'])
})

test('explain follows what a task waits for from peer to peer', async () => {
  const flock = await Flock.start(2)
  end = () => flock.end()
  const mesh = await flock.join()
  const [first, second] = flock.peers.map(({ id }) => id)
  const { asksFor } = await mesh.use<typeof work>(module)
  const ref = asksFor.with({ timeoutMs: 60_000, needs: { peer: first ?? '' } })(second ?? '')
  let tree = ''
  await until(async () => /is blocked here.*untilStopped .* is running here/s.test((tree = await mesh.explain(ref))))
  const [asked, ran, child, childRan] = tree.split('\n')
  expect(asked).toMatch(/^asksFor \(\S+\) is at \S+ for [\d.]+ s, attempt 1; ends in [\d.]+ s \(timeoutMs\)$/)
  expect(ran).toMatch(
    new RegExp(`^ {2}asksFor \\(\\S+\\) is blocked here, for ${mesh.name}, in worker \\d+: it waits for what`),
  )
  expect(child).toMatch(/^ {4}untilStopped \(\S+\) is at \S+ for [\d.]+ s, attempt 1$/)
  expect(childRan).toMatch(/^ {6}untilStopped \(\S+\) is running here, for \S+, in worker \d+, for [\d.]+ s$/)
  await ref.cancel()
})
