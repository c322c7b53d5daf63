// Real peers that are drained, by the command and by SIGTERM, while they work: they go with code 0, nothing
// is charged, and what they kept is elsewhere.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { joinMesh } from 'murmuration'
import type { Mesh } from 'murmuration'
import { Terminal } from './command.ts'
import type { Running } from './command.ts'
import { heard, until } from './flock.ts'
import type * as tasks from './work.task.ts'

let terminal: Terminal
let mesh: Mesh | undefined

beforeEach(async () => {
  terminal = await Terminal.open()
})

afterEach(async () => {
  await mesh?.leave()
  mesh = undefined
  await terminal.close()
})

interface Up {
  readonly peer: Running
  readonly id: string
  readonly name: string
  readonly addresses: readonly string[]
}

async function up(): Promise<Up> {
  const peer = terminal.start('up', '--json', '--slots', '1')
  const { id, name, addresses } = await peer.said(({ event }) => event === 'up')
  return { peer, id: String(id), name: String(name), addresses: addresses as string[] }
}

/** A peer of this process, which submits and keeps nothing itself. */
async function join({ addresses }: Up): Promise<Mesh> {
  const { home } = terminal
  return (mesh = await joinMesh({ entry: addresses, home, slots: 0, identity: 'fresh', taskOutput: 'none' }))
}

const large = 200_000

test.each(['murmur drain', 'SIGTERM'])(
  '%s: what runs ends, the rest moves, results are copied, code 0',
  async (how) => {
    const [stays, goes] = [await up(), await up()]
    const asking = await join(stays)
    const work = await asking.use<typeof tasks>(new URL('./work.task.ts', import.meta.url))
    const kept = await Promise.all(
      Array.from({ length: 4 }, async (_, n) => {
        const ref = work.bytes.with({ needs: { peer: goes.name }, copies: 2, rebuilds: 0 })(large, n + 1)
        await ref.durable()
        return ref
      }),
    )
    const refs = Array.from({ length: 60 }, (_, n) => work.lasts.with({ retries: 0 })(100, n))
    await until(async () => (await asking.tasks()).some(({ peer }) => peer === goes.name))
    const left = heard(asking, 'peer:left', ({ name }) => name === goes.name)
    if (how === 'SIGTERM') goes.peer.signal('SIGTERM')
    else {
      const { code, out, err } = await terminal.murmur('drain', goes.name)
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(new RegExp(`^${goes.name} has left after .*; all that it had is elsewhere$`, 'm'))
    }
    await left
    const { code, out } = await goes.peer.ended
    expect(code).toBe(0)
    expect(out).toMatch(/"event":"leaving"/)
    expect(out.trim().split('\n').at(-1)).toMatch(/"event":"left"/)
    expect(await asking.get(refs)).toEqual(refs.map((_, n) => n))
    for (const [n, ref] of kept.entries()) expect(await work.wrong(ref, n + 1).get()).toBe(0)
    expect(await asking.counters()).toMatchObject({ retried: 0, rebuilt: 0, peersDied: 0 })
  },
)

test('a peer that is not there, or is not the only one, or has gone, is said to be in a sentence, with exit code 2', async () => {
  const [one, other] = [await up(), await up()]
  await one.peer.said(({ event, name }) => event === 'peer:joined' && name === other.name)
  const cases: [whom: string, sentence: RegExp][] = [
    ['nobody', new RegExp(`there is no peer nobody: there are .*${one.name}`)],
    ['12D3', new RegExp(`12D3 may be each of .*${other.name} \\(${other.id}\\)`)],
    ['', /drain whom\? murmur list peers/],
  ]
  for (const [whom, sentence] of cases) {
    const { code, out, err } = await terminal.murmur('drain', whom)
    expect(err).toMatch(sentence)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  }
  const drained = await terminal.murmur('drain', other.id, '--json')
  expect(JSON.parse(drained.out)).toMatchObject({ peer: other.id, name: other.name, attempts: 0, objects: 0 })
  expect((await other.peer.ended).code).toBe(0)
  const again = await terminal.murmur('drain', other.name)
  expect(again.err).toMatch(/has left already/)
  expect(again.code).toBe(2)
})

test('a second signal ends it at once', async () => {
  const [stays, goes] = [await up(), await up()]
  const asking = await join(stays)
  const work = await asking.use<typeof tasks>(new URL('./work.task.ts', import.meta.url))
  const ref = work.untilStopped.with({ needs: { peer: goes.name } })()
  await until(async () => (await asking.tasks()).some(({ peer }) => peer === goes.name))
  goes.peer.signal('SIGTERM')
  await goes.peer.said(({ event }) => event === 'leaving')
  goes.peer.signal('SIGTERM')
  expect((await goes.peer.ended).code).toBe(143)
  await ref.cancel()
})
