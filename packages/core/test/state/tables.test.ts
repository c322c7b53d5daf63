import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '../../src/options.ts'
import { presets } from '../../src/model/config.ts'
import type { AttemptId, CodeId, ContextId, Instant, LifeId, ObjectId, TaskId } from '../../src/model/ids.ts'
import { never } from '../../src/model/ids.ts'
import { limits } from '../../src/model/limits.ts'
import { Rng, hash32 } from '../../src/model/rng.ts'
import type { TaskSpec } from '../../src/model/task.ts'
import { Deadlines } from '../../src/state/deadlines.ts'
import { Directory } from '../../src/state/directory.ts'
import { batchSize, creditsPerSlot } from '../../src/state/credits.ts'
import { Executor } from '../../src/state/executor.ts'
import { failure } from '../../src/state/failures.ts'
import { Holds } from '../../src/state/holds.ts'
import type { Member } from '../../src/state/membership.ts'
import { copyOrder, neighbours, unfit } from '../../src/state/placement.ts'
import { type ReadyClass, Scheduler } from '../../src/state/scheduler.ts'
import { Tasks } from '../../src/state/tasks.ts'

const life = (name: string): LifeId => `${name}/1` as LifeId
const object = 'o' as ObjectId
const config = presets.test

function spec(
  id: string,
  { depth = 0, fn = 'f', slots }: { depth?: number; fn?: string; slots?: number } = {},
): TaskSpec {
  const policy = { ...defaultPolicy, needs: slots === undefined ? {} : { slots } }
  const ids = { id: id as TaskId, context: 'c' as ContextId, code: 'code' as CodeId }
  return { ...ids, depth, fn, args: new Uint8Array(), refs: [], policy }
}

describe('directory', () => {
  const stored = (copies: number): { directory: Directory; row: ReturnType<Directory['add']> } => {
    const directory = new Directory()
    const row = directory.add(object, null, copies)
    directory.stored(row, 10, 'h', [])
    directory.addHolder(row, life('a'))
    return { directory, row }
  }

  it('lists what lacks copies until they are there or on their way', () => {
    const { directory, row } = stored(2)
    expect([...directory.short]).toEqual([object])
    directory.copying(row, life('b'))
    expect([...directory.short]).toEqual([])
    directory.declined(row, life('b'))
    expect([...directory.short]).toEqual([object])
    directory.addHolder(row, life('c'))
    expect([...directory.short]).toEqual([])
    directory.check()
  })

  it('lists what nobody has any more, however the last holder went', () => {
    const { directory, row } = stored(2)
    directory.copying(row, life('b'))
    directory.holderDied(life('a'))
    expect([...directory.bare]).toEqual([])
    directory.copiesLost(life('b'))
    expect([...directory.bare]).toEqual([object])
    directory.reopen(row, 'pending')
    expect([...directory.bare]).toEqual([])
  })

  it('does not count a holder that is about to leave', () => {
    const { directory } = stored(1)
    directory.retire(life('a'))
    expect([...directory.short]).toEqual([object])
    expect(directory.locate(object)).toMatchObject({ type: 'stored', holders: [life('a')] })
  })
})

describe('holds', () => {
  it('hold for each reason by itself; lineage holds the origin, not the readers', () => {
    const holds = new Holds()
    for (const reason of ['handle', 'spec', 'container', 'transit'] as const) {
      holds.add(object, life('a'), reason)
      expect(holds.isHeld(object)).toBe(true)
      holds.drop(object, reason)
      expect(holds.isHeld(object)).toBe(false)
    }
    holds.addLineage(object, life('a'))
    expect(holds.isHeld(object)).toBe(false)
    expect(holds.isEmpty(holds.get(object) as never)).toBe(false)
  })

  it('are not dropped more often than they were taken', () => {
    const holds = new Holds()
    expect(holds.drop(object, 'handle')).toBeUndefined()
    holds.add(object, life('a'), 'handle')
    holds.drop(object, 'handle')
    expect(holds.drop(object, 'handle')).toBeUndefined()
    expect(holds.released(object, life('b'))).toBeUndefined()
  })
})

describe('executor', () => {
  const now = 0 as Instant
  const accept = (
    executor: Executor,
    id: string,
    options: { depth?: number; owner?: string; slots?: number } = {},
  ): AttemptId => {
    const row = executor.add({
      attempt: 1,
      spec: spec(id, options),
      owner: life(options.owner ?? 'o'),
      epoch: { number: 1, by: life('o') },
      inputs: [],
    })
    executor.markReady(row)
    return row.id
  }

  it.each([
    [null, 1],
    [0.01, 256],
    [1, 5],
    [5, 1],
    [500, 1],
  ])('a function of %s ms is batched by %i', (ms, size) => expect(batchSize(ms, config)).toBe(size))

  it.each([
    [null, 2],
    [0.001, 4_096],
    [1, 21],
    [20, 2],
    [200, 1],
  ])('a function of %s ms is credited %i per slot', (ms, credits) => expect(creditsPerSlot(ms, config)).toBe(credits))

  it('starts one attempt of an unmeasured function per slot', () => {
    const executor = new Executor(config, 2)
    for (const id of ['a', 'b', 'c']) accept(executor, id)
    expect(executor.startable(now)?.batch.length).toBe(1)
    expect(executor.startable(now)?.batch.length).toBe(1)
    expect(executor.startable(now)).toBeNull()
  })

  it('gives the slot of a waiting attempt to another, and at the limit only to a deeper one', () => {
    const executor = new Executor({ ...config, maxWorkers: 1 }, 1)
    const parent = accept(executor, 'parent', { depth: 1 })
    executor.startable(now)
    accept(executor, 'shallow', { depth: 1 })
    accept(executor, 'deep', { depth: 2 })
    executor.setBlocked(executor.get(parent) as never, true, 0 as never)
    expect(executor.startable(now)?.batch.map((row) => row.spec.id)).toEqual(['deep'])
    expect(executor.startable(now)).toBeNull()
    executor.check()
  })

  const started = (executor: Executor): string[] | undefined => executor.startable(now)?.batch.map((row) => row.spec.id)

  it('gives an attempt as many slots as it needs, in the order in which they came', () => {
    const executor = new Executor(config, 4)
    accept(executor, 'a')
    const wide = accept(executor, 'wide', { slots: 3 })
    accept(executor, 'wider', { slots: 4 })
    const last = accept(executor, 'last')
    expect([started(executor), started(executor), started(executor)]).toEqual([['a'], ['wide'], undefined])
    expect(executor.running).toBe(4)
    executor.finished(executor.get('a#1' as AttemptId) as never, { type: 'cancelled', reason: '' }, 1)
    // The slot stays free: nobody overtakes whoever waits for more of them.
    expect(started(executor)).toBeUndefined()
    executor.setBlocked(executor.get(wide) as never, true, 0 as never)
    expect(executor.running).toBe(0)
    expect([started(executor), started(executor)]).toEqual([['wider'], undefined])
    executor.check()
    executor.remove(executor.get('wider#1' as AttemptId) as never)
    expect(started(executor)).toEqual(['last'])
    executor.setBlocked(executor.get(wide) as never, false, 0 as never)
    expect(executor.running).toBe(4)
    executor.remove(executor.get(last) as never)
    expect(executor.running).toBe(3)
    executor.check()
  })

  it.each([0, 0.5, 9, Number.NaN])('an attempt that says it needs %s slots gets what there is', (slots) => {
    const executor = new Executor(config, 2)
    accept(executor, 'a', { slots })
    expect(started(executor)).toEqual(['a'])
    expect(executor.running).toBe(slots === 9 ? 2 : 1)
  })

  it('puts only attempts of one size into a batch, and only those behind them', () => {
    const executor = new Executor(config, 2)
    accept(executor, 'measured', { slots: 2 })
    const [measured] = executor.startable(now)?.batch ?? []
    executor.finished(measured, { type: 'inline', bytes: new Uint8Array(), refs: [] }, 0.01)
    for (let n = 0; n < 8; n++) accept(executor, `w${n}`, { slots: 2 })
    accept(executor, 'n0')
    expect(started(executor)).toHaveLength(8)
    // Nearly through, but what comes next is of another size.
    for (let n = 0; n < 7; n++)
      executor.finished(executor.get(`w${n}#1` as AttemptId) as never, { type: 'cancelled', reason: '' }, 0)
    expect(started(executor)).toBeUndefined()
    accept(executor, 'w9', { slots: 2 })
    executor.finished(executor.get('w7#1' as AttemptId) as never, { type: 'cancelled', reason: '' }, 0)
    expect(started(executor)).toEqual(['n0'])
    expect(started(executor)).toBeUndefined()
  })

  it('shares its slots between owners and never grants above the limit', () => {
    const executor = new Executor(config, 4)
    accept(executor, 'a', { owner: 'p' })
    accept(executor, 'b', { owner: 'q' })
    expect(executor.grants(true, now)).toEqual([
      { owner: life('p'), credits: 4 },
      { owner: life('q'), credits: 4 },
    ])
    expect(executor.grants(true, now)).toEqual([])
    expect(executor.grants(false, now).map(({ credits }) => credits)).toEqual([0, 0])
  })

  it('what may not start keeps nothing deeper from coming, of nobody who asked for it', () => {
    const executor = new Executor({ ...config, maxWorkers: 1 }, 1)
    accept(executor, 'a', { owner: 'p' })
    executor.setBlocked(executor.startable(now)?.batch[0] as never, true, now)
    const shallow = executor.get(accept(executor, 'b', { owner: 'p' })) as never
    executor.join(shallow, { owner: life('q'), attempt: 3 }, { number: 2, by: life('q') })
    const credits = executor.grants(true, now).map(({ credits: granted }) => granted)
    expect(credits).toEqual([4, 3])
  })

  it('keeps an attempt for whoever else asked for it', () => {
    const executor = new Executor(config, 1)
    const row = executor.get(accept(executor, 'a', { owner: 'p' })) as never as Parameters<Executor['join']>[0]
    executor.join(row, { owner: life('q'), attempt: 3 }, { number: 2, by: life('q') })
    expect([row.owner, row.attempt, row.others]).toEqual([life('q'), 3, [{ owner: life('p'), attempt: 1 }]])
    executor.orphan(row, never)
    executor.dropAsker(row, life('q'))
    expect([row.owner, row.attempt, row.others]).toEqual([life('p'), 1, null])
    expect([executor.shareOf(life('p')).active, executor.shareOf(life('q')).active]).toEqual([1, 0])
  })
})

describe('scheduler', () => {
  it('takes deeper tasks first, in the order in which they became ready', () => {
    const scheduler = new Scheduler(config.maxCredits)
    for (const one of [spec('a'), spec('b', { depth: 2 }), spec('c', { depth: 2 }), spec('d', { depth: 1 })])
      scheduler.ready(one, false)
    const take = (row: ReadyClass) => scheduler.take(row, () => spec('any'))
    const order = scheduler.classes().flatMap((row) => [take(row), take(row)])
    expect(order.filter((id) => id !== undefined)).toEqual(['b', 'c', 'd', 'a'])
  })

  it.each([
    [1e9, config.maxCredits],
    [-5, 0],
    [Number.NaN, 0],
    [2.7, 2],
  ])('takes a grant of %s for %i', (credits, room) => {
    const scheduler = new Scheduler(config.maxCredits)
    scheduler.granted(life('a'), credits)
    expect(scheduler.room(life('a'), 1)).toBe(room)
  })
})

describe('placement', () => {
  const member = (name: string, profile: object = {}): Member =>
    ({
      peer: name as never,
      place: hash32(name),
      name,
      life: life(name),
      incarnation: 0,
      state: 'alive',
      load: null,
      since: 0,
      born: 0,
      hearsay: false,
      how: '',
      profile: {
        version: 1,
        name,
        kind: 'sim',
        slots: 2,
        labels: { zone: 'x' },
        resources: { gpu: 1 },
        memoryBytes: 100,
        addresses: [],
        domain: name,
        ...profile,
      } as never,
    }) as Member

  it.each([
    [{}, true],
    [{ slots: 3 }, false],
    [{ labels: { zone: 'x' } }, true],
    [{ labels: { zone: { in: ['y'] } } }, false],
    [{ labels: { zone: { not: 'x' } } }, false],
    [{ labels: { other: { not: 'x' } } }, true],
    [{ resources: { gpu: 2 } }, false],
    [{ memoryBytes: 101 }, false],
    [{ peer: 'a' }, true],
    [{ peer: 'b' }, false],
  ])('needs %j are met: %s', (needs, fits) => expect(unfit(member('a'), needs) === null).toBe(fits))

  it('says why a peer without slots runs nothing', () => {
    expect(unfit(member('a', { slots: 0 }), {})).toBe('it runs nothing (slots: 0)')
  })

  it('says what a kind of peer is needed for', () => {
    const needs = { labels: { kind: 'node' }, because: 'imports node:fs in src/read.ts' }
    const page = member('a', { labels: { kind: 'browser' } })
    expect(unfit(page, needs)).toBe('label kind is browser, node needed (the code imports node:fs in src/read.ts)')
  })

  it('puts copies into other failure domains first, the same way everywhere', () => {
    const members = ['a', 'b', 'c', 'd'].map((name) => member(name, { domain: name === 'a' ? 'taken' : name }))
    const order = copyOrder('object', members, new Set(['taken']), 60_000)
    expect(order.at(-1)?.peer).toBe('a')
    expect(copyOrder('object', [...members].reverse(), new Set(['taken']), 60_000)).toEqual(order)
  })

  it('gives copies to a page that nobody looks at after others, but before what would die with the first', () => {
    const ages = [0, 1, 2].map((n) => member(`seen${n}`, { domain: `d${n}` }))
    const hidden = member('hidden', { domain: 'd3', hidden: true })
    const beside = member('beside', { domain: 'taken' })
    for (const object of ['x', 'y', 'z']) {
      const order = copyOrder(object, [beside, hidden, ...ages], new Set(['taken']), 60_000)
      expect(order.slice(3).map(({ peer }) => peer)).toEqual(['hidden', 'beside'])
    }
  })

  it('has every peer observed by as many others as wanted, and by those that it observes', () => {
    const peers = Array.from({ length: 200 }, (_, n) => member(`p${n}`))
    const watchers = new Map<string, number>()
    const pairs = new Set<string>()
    for (const peer of peers) {
      const watched = neighbours(
        peer,
        peers.filter((other) => other !== peer),
        4,
      )
      expect(watched).not.toContain(peer)
      for (const { peer: name } of watched) watchers.set(name, (watchers.get(name) ?? 0) + 1)
      for (const { peer: name } of watched) pairs.add([peer.peer, name].sort().join(' '))
    }
    expect(pairs.size).toBe(400)
    expect([...new Set(watchers.values())]).toEqual([4])
    expect(watchers.size).toBe(200)
  })
})

describe('texts', () => {
  it('in failures and stories fit on the wire, whatever was said', () => {
    const tasks = new Tasks(config)
    const row = tasks.add(spec('t'), { number: 1, by: life('a') }, 0 as Instant)
    const long = 'x'.repeat(2 * limits.textLength)
    for (let n = 0; n < 100; n++) tasks.tell(row, long)
    const said = failure(row, 'TASK_FAILED', long, long)
    expect(said.message.length).toBe(limits.saidLength)
    expect(said.reason.length).toBe(limits.saidLength)
    expect(said.story.join('').length).toBeLessThan(limits.textLength)
  })
})

describe('deadlines', () => {
  it('moved again and again take no more room than what counts', () => {
    const at = new Map<TaskId, number>()
    const deadlines = new Deadlines((id) => (at.get(id) ?? never) as Instant)
    for (let n = 0; n < 100_000; n++) {
      const id = `t${n % 10}` as TaskId
      at.set(id, n)
      deadlines.set(id, n as Instant)
    }
    expect(deadlines.size).toBeLessThanOrEqual(1_024)
    expect(deadlines.next()).toBe(99_990)
    expect(deadlines.due(100_000 as Instant)).toHaveLength(10)
  })
})

describe('rng', () => {
  it('gives the same run from the same seed', () => {
    const run = (seed: number): number[] => {
      const rng = new Rng(seed)
      return Array.from({ length: 20 }, () => rng.next())
    }
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
    for (const number of run(7)) expect(number >= 0 && number < 1).toBe(true)
  })

  it('samples distinct items, all of them when asked for more', () => {
    const rng = new Rng(1)
    const items = [1, 2, 3, 4, 5]
    for (let n = 0; n < 50; n++) expect(new Set(rng.sample(items, 3)).size).toBe(3)
    expect(rng.sample(items, 9).sort((a, b) => a - b)).toEqual(items)
    expect(items).toEqual([1, 2, 3, 4, 5])
  })

  it('spreads hashes over the ring', () => {
    const quarters = new Set(Array.from({ length: 64 }, (_, n) => Math.floor(hash32(`peer-${n}`) / 2 ** 30)))
    expect(quarters.size).toBe(4)
  })
})
