// Who is thought alive: suspicion and refutation, partitions that heal, sleep, old news and long dead
// peers. Nobody who lives loses work to what is said of them.

import { expect, it } from 'vitest'
import type { PeerId } from '@murmuration/core/internal'
import { Scenario, get, longTask, elapse } from './scenario.ts'

const id = (name: string): PeerId => name as PeerId

it('3: E is slow, is suspected, refutes three times: no attempt of it is lost or run again', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 0, Y: 0 })
  const program = longTask(mesh, 12_000, 'E')
  for (let n = 0; n < 3; n++) {
    mesh.run({ forMs: 1_000 })
    mesh.peer('E').freeze()
    mesh.until(() => mesh.peer('S').state.members.get(id('E'))?.state === 'suspect', 'E is suspected')
    mesh.peer('E').thaw()
    mesh.until(() => mesh.peer('S').state.members.get(id('E'))?.state === 'alive', 'E has refuted')
  }
  expect(mesh.result(program)).toBe(7)
  expect(mesh.timesRun('long')).toBe(1)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('17: a one-way cut has the mesh believe that the submitter is dead; its program notices a delay', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1, Y: 1 })
  const program = longTask(mesh, 3_000, 'E')
  mesh.run({ forMs: 500 })
  mesh.cut(['S'], ['E', 'X', 'Y'], { oneWay: true })
  mesh.until(() => mesh.peer('E').state.members.ended(mesh.peer('S').life), 'E thinks S dead')
  mesh.run({ forMs: 1_500 })
  mesh.network.heal()
  expect(mesh.result(program)).toBe(7)
  mesh.endsWell()
})

it('18: twelve peers cut in halves for a minute; healed, nothing is run again because of old news', () => {
  const names = Array.from({ length: 12 }, (_, n) => (n === 0 ? 'S' : `p${n}`))
  const mesh = new Scenario(Object.fromEntries(names.map((name) => [name, name === 'S' ? 0 : 1])), {
    config: { orphanGraceMs: 30_000 },
  })
  mesh.cut(names.slice(0, 6), names.slice(6))
  mesh.run({ forMs: 30_000 })
  mesh.fn('long', function* (_context, n: number) {
    yield* elapse(60_000)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 5 }, (_, n) => context.call('long', [n]))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  mesh.run({ forMs: 30_000 })
  mesh.network.heal()
  expect(mesh.result(program)).toBe(10)
  expect(mesh.timesRun('long')).toBe(5)
  mesh.endsWell()
})

/** The others stand still: S will soon take them for dead. */
function silence(): Scenario {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  for (const name of ['E', 'X']) mesh.peer(name).freeze()
  return mesh
}

/** At the last moment S stops as well; the others go on, and S a minute later. */
function stopsAt(mesh: Scenario, at: number, stop: 'freeze' | 'sleep'): void {
  mesh.run({ forMs: at - mesh.clock.now - 1 })
  mesh.peer('S')[stop]()
  for (const name of ['E', 'X']) mesh.peer(name).thaw()
  mesh.run({ forMs: 60_000 })
  mesh.peer('S').thaw()
  mesh.run({ forMs: 20_000 })
}

function saidBy(mesh: Scenario, by: string, type: string): number {
  return mesh.notices.filter((said) => said.by === by && said.notice.type === type).length
}

it.each(['freeze', 'sleep'] as const)(
  '19: who was about to bury others when it stopped (%s) does not on waking',
  (stop) => {
    const awake = silence()
    awake.until(() => saidBy(awake, 'S', 'peer:died') > 0, 'S takes somebody for dead')

    const mesh = silence()
    stopsAt(mesh, awake.clock.now, stop)
    expect(saidBy(mesh, 'S', 'peer:died')).toBe(0)
    expect(saidBy(mesh, 'S', 'peer:suspected')).toBe(2)
    for (const name of ['E', 'X']) expect(mesh.peer('S').state.members.get(id(name))?.state).toBe('alive')
    mesh.endsWell()
  },
)

it.each(['freeze', 'sleep'] as const)(
  '19: who was about to suspect others when it stopped (%s) asks them again',
  (stop) => {
    const awake = silence()
    awake.until(() => saidBy(awake, 'S', 'peer:suspected') > 0, 'S suspects somebody')

    const mesh = silence()
    stopsAt(mesh, awake.clock.now, stop)
    expect(saidBy(mesh, 'S', 'peer:suspected')).toBe(0)
    mesh.endsWell()
  },
)

it('20: all observers of a peer fall silent with it, and theirs: random visits find it out before the ring has closed', () => {
  const names = Array.from({ length: 24 }, (_, n) => `p${n}`)
  const mesh = new Scenario(Object.fromEntries(names.map((name) => [name, 1])))
  const placeOf = (name: string): number => mesh.peer(name).state.members.me.place
  const ring = names.sort((a, b) => placeOf(a) - placeOf(b))
  const silent = ring.slice(0, 12)
  for (const name of silent) mesh.peer(name).freeze()
  const others = ring.slice(12).map((name) => mesh.peer(name).state)
  const isKnown = (name: string): boolean => others.every(({ members }) => members.ended(mesh.peer(name).life))
  // Of twelve in a row each is observed by two on either side of it: from both ends inwards, one round after the
  // other, that takes more than 8 s. Each of the twelve that are left visits somebody every second.
  mesh.until(() => isKnown(ring[5] as string), 'everybody knows of one in the middle', 7_500)
  mesh.until(() => silent.every(isKnown), 'everybody knows of all', 7_500)
  mesh.endsWell()
})

it('20: whom nobody observes is found out by visits alone: what was asked is seen through', () => {
  const names = Array.from({ length: 16 }, (_, n) => `p${n}`)
  const mesh = new Scenario(Object.fromEntries(names.map((name) => [name, 1])), { config: { observers: 0 } })
  const peers = names.map((name) => mesh.peer(name))
  const silent = peers.slice(0, 4)
  for (const peer of silent) peer.freeze()
  const isKnown = ({ life }: (typeof peers)[number]): boolean =>
    peers.slice(4).every(({ state }) => state.members.ended(life))
  // Visits that end before they have come to anything must hit upon the same peer twice in a row.
  mesh.until(() => silent.every(isKnown), 'everybody knows', 8_000)
  mesh.endsWell()
})

it('a cut that outlasts every tombstone: each side has forgotten the other, and finds it through an entry', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  for (const name of ['X', 'Y']) mesh.add(name, { entries: ['S'] })
  mesh.run({ forMs: 2_000 })
  const sides = [
    ['S', 'E'],
    ['X', 'Y'],
  ] as const
  mesh.cut(...sides)
  mesh.run({ forMs: 150_000 })
  for (const [here, there] of [sides, [...sides].reverse()] as const)
    for (const name of here)
      for (const other of there ?? []) expect(mesh.peer(name).state.members.get(id(other))).toBeUndefined()
  mesh.network.heal()
  const isWhole = (): boolean => mesh.alive().every(({ state }) => state.members.others().length === 3)
  mesh.until(isWhole, 'there is one mesh', 4 * mesh.config.syncMs)
  mesh.endsWell()
})

it('an entry that died, was forgotten and is started again is found by those who once joined through it', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  mesh.add('X', { entries: ['S'] })
  mesh.run({ forMs: 2_000 })
  mesh.kill('S')
  mesh.run({ forMs: 150_000 })
  for (const { state } of mesh.alive()) expect(state.members.get(id('S'))).toBeUndefined()
  mesh.add('S', { slots: 0, entries: [] })
  const isWhole = (): boolean => mesh.alive().every(({ state }) => state.members.others().length === 2)
  mesh.until(isWhole, 'there is one mesh', 4 * mesh.config.syncMs)
  mesh.endsWell()
})

/** Work that E alone is slow at, and bytes that want second holders. */
it('who leaves hands over: nothing is lost, no retry is charged', () => {
  const mesh = new Scenario({ S: 0, E: 2, X: 2 })
  mesh.fn('work', function* (_context, n: number) {
    yield* elapse(300)
    return n
  })
  const program = mesh.ask('S', function* (context) {
    const refs = Array.from({ length: 12 }, (_, n) => context.call('work', [n], { retries: 0 }))
    let sum = 0
    for (const ref of refs) sum += (yield* get(ref)) as number
    return sum
  })
  mesh.run({ forMs: 400 })
  mesh.peer('E').event({ type: 'leave' })
  expect(mesh.result(program)).toBe(66)
  expect(mesh.peer('E').left).toBe(true)
  expect(mesh.timesRun('work')).toBe(12)
  mesh.endsWell()
})

/** What E says of others, with a frame that says nothing else. */
it('who comes back with other slots is known by them everywhere, its versions beginning anew', () => {
  const names = Array.from({ length: 9 }, (_, n) => `p${n}`)
  const mesh = new Scenario({ E: 1, ...Object.fromEntries(names.map((name) => [name, 1])) })
  mesh.kill('E')
  const seat = mesh.seats.get(id('E'))
  if (seat) seat.slots = 3
  mesh.restart('E')
  mesh.until(
    () => mesh.others('E').every((peer) => peer.state.members.get(id('E'))?.profile?.slots === 3),
    'all know the new slots',
    20_000,
  )
  mesh.endsWell()
})

it('who left and comes back has joined again, and nobody is said to have died', () => {
  const mesh = new Scenario({ S: 0, E: 1, X: 1 })
  mesh.peer('E').event({ type: 'leave' })
  mesh.until(() => mesh.peer('E').left, 'E has left')
  mesh.run({ forMs: 5_000 })
  mesh.restart('E')
  mesh.until(() => mesh.peer('E').joined, 'E is back')
  mesh.run({ forMs: 5_000 })
  for (const by of ['S', 'X'] as PeerId[]) {
    const heard = mesh.notices
      .filter((said) => said.by === by && 'peer' in said.notice && said.notice.peer === 'E')
      .map(({ notice }) => notice.type)
    expect(heard.slice(-2), by).toEqual(['peer:left', 'peer:joined'])
  }
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('links beyond the bound go when nobody needs them, and the mesh holds together', () => {
  const names = Array.from({ length: 24 }, (_, n) => `p${n}`)
  const mesh = new Scenario(Object.fromEntries(names.map((name) => [name, 1])), { config: { maxLinks: 12 } })
  const links = (): number => names.reduce((sum, name) => sum + mesh.peer(name).state.links.standing().length, 0)
  mesh.run({ forMs: 20_000 })
  // Visits open a link now and then: without the bound everybody is linked to nearly everybody by now.
  expect(links() / names.length).toBeLessThan(16)
  expect(mesh.said('peer:died')).toBe(0)
  mesh.endsWell()
})

it('a peer that gives less of its machine, and is reached elsewhere, is known for it; what it runs goes on', () => {
  const mesh = new Scenario({ S: 0, E: 2, X: 0 })
  const program = longTask(mesh, 5_000, 'E')
  mesh.run({ forMs: 1_000 })
  mesh.peer('E').event({ type: 'described', slots: 1, addresses: ['/ip4/10.0.0.9/tcp/9'] })
  for (const who of ['S', 'X']) {
    const profile = (): unknown => mesh.peer(who).state.members.get(id('E'))?.profile
    mesh.until(() => (profile() as { slots: number } | null)?.slots === 1, `${who} has heard of it`)
    expect(profile()).toMatchObject({ slots: 1, addresses: ['/ip4/10.0.0.9/tcp/9'], kind: 'sim' })
  }
  expect(mesh.result(program)).toBe(7)
  expect(mesh.timesRun('long')).toBe(1)
  mesh.endsWell()
})

it('a newcomer whose entry dies sleeps longer than the dead are remembered: it looks for those whom it thought dead', () => {
  const mesh = new Scenario({ S: 0, E: 0 })
  mesh.peer('S').sleep()
  const N = mesh.add('N', { entries: ['E'] })
  mesh.until(() => N.joined && N.state.members.get('S' as PeerId)?.profile != null, 'N has heard of S')
  mesh.kill('E')
  mesh.until(() => mesh.knowsDead('N', 'S') && mesh.knowsDead('N', 'E'), 'N thinks that nobody is left')
  N.sleep(true)
  mesh.peer('S').thaw()
  mesh.run({ forMs: mesh.config.tombstoneMs + mesh.config.orphanGraceMs })
  N.thaw()
  mesh.until(() => mesh.peer('S').state.members.lives(N.life), 'S knows N')
  mesh.endsWell()
})

it('a newcomer whose entry dies has heard of many dead, of whom one lives: it looks for them in turn', () => {
  const dead = ['A', 'B', 'C', 'D', 'F', 'G']
  const mesh = new Scenario({ S: 0, E: 0, ...Object.fromEntries(dead.map((name) => [name, 0])) }, { seed: 5 })
  for (const name of dead) mesh.kill(name)
  mesh.peer('S').sleep()
  mesh.until(() => [...dead, 'S'].every((name) => mesh.knowsDead('E', name)), 'E thinks that nobody is left')
  const N = mesh.add('N', { entries: ['E'] })
  mesh.until(() => N.joined, 'N has joined')
  mesh.kill('E')
  mesh.peer('S').thaw()
  mesh.until(() => mesh.knowsDead('N', 'E'), 'N thinks so as well')
  // One of those seven a time, E apart, which is its entry; and one that is under way.
  mesh.run({ forMs: 9 * 1.25 * mesh.config.syncMs })
  expect(mesh.peer('S').state.members.lives(N.life)).toBe(true)
  mesh.endsWell()
})

it('that a port refused the dial to an earlier life, heard late, says nothing of the next', () => {
  const mesh = new Scenario({ S: 0, X: 0, E: 1 })
  const known = (): { readonly life: string; readonly state: string; readonly refuses: boolean } | undefined =>
    mesh.peer('S').state.members.get(id('E'))
  const { life } = mesh.peer('E')
  mesh.kill('E')
  mesh.until(() => known()?.refuses === true, 'E is known to be gone')
  mesh.restart('E')
  mesh.until(() => known()?.life !== life && known()?.state === 'alive', 'E is back')
  mesh.peer('S').event({ type: 'dial-failed', peer: id('E'), refused: true })
  expect(mesh.run({ until: () => known()?.refuses === true, forMs: 1_000 })).toBe(false)
  mesh.endsWell()
})
