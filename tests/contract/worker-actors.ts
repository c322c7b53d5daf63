// What every WorkerPool of a platform promises of actors: one instance in a worker of its own, calls in the order they were
// given, as many at once as it takes; what a call got hold of stays with the instance; snapshots say exactly what had been
// answered; and when the worker ends, it is told which calls may have had an effect.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ActorOrder,
  type AttemptContext,
  type AttemptId,
  attemptId,
  type CodeId,
  codeObject,
  decode,
  decodeError,
  encode,
  encodeArgs,
  type LifeId,
  type ObjectId,
  type Outcome,
  resultOf,
  type RunOrder,
  type Snapshot,
  type TaskId,
  type WorkerPool,
  type WorkerPoolHost,
} from '@murmuration/core/internal'
import { actorStreamContract } from './worker-actor-streams.ts'
import { actorModule, contractConfig, FakeActor, FakeRef, here, Reports, TestContext } from './worker-pool-support.ts'
import type { WorkerPoolFeatures } from './worker-pool-support.ts'
import type { WorkerPoolSetup } from './worker-pool.ts'

const worker = 1_000_000

export function workerActorsContract(
  name: string,
  setup: () => WorkerPoolSetup | Promise<WorkerPoolSetup>,
  features: WorkerPoolFeatures = {},
): void {
  describe(`WorkerPool contract, actors: ${name}`, { timeout: 30_000 }, () => {
    let fixture: WorkerPoolSetup
    let reports: Reports
    let pool: WorkerPool
    let code: CodeId
    let contexts: Map<AttemptId, TestContext>
    let opened: { attempt: AttemptId; actor: AttemptContext | undefined }[]
    let onContext: (context: TestContext) => void
    let count = 0

    beforeEach(async () => {
      fixture = await setup()
      reports = new Reports()
      contexts = new Map()
      opened = []
      onContext = () => {}
      const openContext: WorkerPoolHost['openContext'] = (attempt, actor) => {
        const context = new TestContext(attempt, fixture.sha256)
        contexts.set(attempt, context)
        opened.push({ attempt, actor })
        onContext(context)
        return context
      }
      pool = fixture.create(reports.host(openContext))
      const bytes = new TextEncoder().encode(actorModule(features))
      code = fixture.sha256(bytes) as CodeId
      await fixture.store.put(codeObject(code), bytes)
    })
    afterEach(() => pool.close())

    function order(fn: string, args: readonly unknown[], more: Partial<RunOrder> = {}): RunOrder {
      const task = `task${++count}` as TaskId
      const { bytes, refs } = encodeArgs(args)
      const id = attemptId(task, 1)
      return { id, task, attempt: 1, code, fn, args: bytes, refs, inputs: [], stream: null, ...more }
    }
    const spawn = (fn: string, args: readonly unknown[] = [], more: Partial<ActorOrder> = {}): RunOrder => {
      const one = order(fn, args, { actor: { concurrency: 1, snapshot: null, ...more } })
      pool.run(worker, [one])
      return one
    }
    const call = (fn: string, ...args: readonly unknown[]): RunOrder => order(fn, args, { isCall: true })
    const give = (...calls: RunOrder[]): void => pool.run(worker, calls)

    async function outcomeOf({ id }: RunOrder): Promise<Outcome> {
      await reports.until(() => reports.outcomes.has(id) || reports.exits.length > 0)
      return reports.outcomes.get(id)!
    }
    async function valueOf(one: RunOrder): Promise<unknown> {
      const outcome = await outcomeOf(one)
      return outcome.type === 'inline' ? decode(outcome.bytes) : outcome
    }
    const values = (calls: readonly RunOrder[]): Promise<unknown[]> => Promise.all(calls.map(valueOf))
    const logged = (line: string): Promise<void> => reports.until(() => reports.log.includes(line))

    test('keeps its state from call to call, in the order they came', async () => {
      const counter = spawn('Counter', [5])
      const calls = Array.from({ length: 500 }, () => call('add', 1))
      give(...calls.slice(0, 300))
      give(...calls.slice(300))
      expect(await values(calls)).toEqual(calls.map((_, i) => 6 + i))
      expect(reports.log[0]).toBe(`built ${counter.id} with snapshots`)
      expect(reports.outcomes.has(counter.id)).toBe(false)
    })

    test('a call that waits keeps its place: the ones behind it wait too, and are not given back', async () => {
      spawn('Counter', [0])
      const slow = call('addLater', 1)
      const calls = [slow, call('add', 1), call('add', 1)]
      give(...calls)
      expect(await values(calls)).toEqual([1, 2, 3])
      expect(reports.log.filter((line) => !line.startsWith('done'))).toHaveLength(1)
    })

    test('with concurrency calls run at once, and each knows who it is before its first await', async () => {
      spawn('Gate', [], { concurrency: 2 })
      const waits = [call('wait'), call('wait')]
      const opens = call('open')
      give(...waits, opens)
      await reports.until(() => reports.lines.length === 2)
      expect(reports.outcomes.size).toBe(0)
      pool.abort(waits[0]!.id, 'enough')
      expect(await outcomeOf(waits[0]!)).toEqual({ type: 'cancelled', reason: 'enough' })
      expect(await valueOf(opens)).toBe(opens.task)
      expect(await valueOf(waits[1]!)).toEqual([waits[1]!.task, waits[1]!.task])
    })

    test('tells a method and a constructor apart from what is none, and names the nearest', async () => {
      spawn('Counter', [0])
      for (const wrong of ['ad', 'snapshot', 'constructor', 'total', 'hasOwnProperty', 'double']) {
        const one = call(wrong, 1)
        give(one)
        expect(await outcomeOf(one)).toMatchObject({ type: 'rejected', code: 'UNKNOWN_EXPORT' })
      }
      const near = call('ad', 1)
      give(near)
      expect(await outcomeOf(near)).toMatchObject({
        message: expect.stringMatching(
          /^no method ad in Counter \(did you mean add\?\); there are .*addLater/,
        ) as string,
      })
    })

    test('a constructor that throws ends it, and what was sent after it goes back', async () => {
      const broken = spawn('Broken', ['no room'])
      const calls = [call('add', 1), call('add', 1)]
      give(...calls)
      const outcome = await outcomeOf(broken)
      expect(outcome).toMatchObject({ type: 'error', name: 'RangeError', message: 'no room' })
      expect(decodeError((outcome as { bytes: Uint8Array }).bytes)).toBeInstanceOf(RangeError)
      await reports.until(() => reports.log.some((line) => line.startsWith('returned')))
      expect(reports.log).toEqual([`done ${broken.id} error`, `returned ${calls[0]!.id} ${calls[1]!.id}`])
      const late = call('add', 1)
      give(late)
      await logged(`returned ${late.id}`)
    })

    test('what is no class is no actor', async () => {
      expect(await outcomeOf(spawn('plain'))).toMatchObject({
        type: 'rejected',
        code: 'UNKNOWN_EXPORT',
        message: expect.stringMatching(/^no exported class plain; there are .*Counter/) as string,
      })
    })

    test('an error of a method, or that it is a generator, is its call’s, and the next one runs', async () => {
      spawn('Counter', [1])
      const [wrong, each, later, right] = [call('fail'), call('each'), call('eachLater'), call('add', 1)]
      give(wrong, each, later, right)
      expect(await outcomeOf(wrong)).toMatchObject({ type: 'error', name: 'TypeError', message: 'not now' })
      const message = expect.stringMatching(
        /^each\w* returned a generator.*: make it a generator method itself, in its class: async \*each/,
      )
      for (const one of [each, later])
        expect(await outcomeOf(one)).toMatchObject({ code: 'UNSERIALIZABLE', message: message as string })
      expect(await valueOf(right)).toBe(2)
    })

    test('abort fires the signal of what runs, and drops what does not yet; nothing else ends', async () => {
      spawn('Counter', [0])
      const [running, queued, last] = [call('untilAborted'), call('add', 1), call('add', 1)]
      give(running, queued, last)
      await reports.until(() => reports.lines.length > 0)
      pool.abort(queued.id, 'not wanted')
      expect(await outcomeOf(queued)).toEqual({ type: 'cancelled', reason: 'not wanted' })
      pool.abort(running.id, 'enough')
      expect(await outcomeOf(running)).toEqual({ type: 'cancelled', reason: 'enough' })
      expect(await valueOf(last)).toBe(1)
      expect(reports.exits).toEqual([])
    })

    actorStreamContract(() => ({ reports, pool, worker, spawn, order, outcomeOf, give }))

    describe('snapshots', () => {
      const taken = (at: number): Snapshot =>
        reports.snapshots[at] as Extract<(typeof reports.snapshots)[number], Snapshot>

      test('come after all calls that were sent before, and before all that were sent after', async () => {
        const counter = spawn('Counter', [0])
        const before = [call('add', 1), call('addLater', 1)]
        const after = call('add', 1)
        give(...before)
        pool.snapshot(counter.id)
        give(after)
        expect(await values([...before, after])).toEqual([1, 2, 3])
        expect(decode(taken(0).bytes)).toEqual({ total: 2 })
        const told = reports.log.filter((line) => !line.startsWith('built'))
        expect(told.map((line) => line.split(' ')[0])).toEqual(['done', 'done', 'snapshot', 'done'])
      })

      test('bring it back elsewhere, with its refs', async () => {
        const link = { object: 'far' as ObjectId, owner: 'there/2' as LifeId, top: false }
        const { bytes, refs } = encode({ total: 40, kept: new FakeRef(link.object, link.owner) })
        const again = spawn('Counter', ['ignored'], { snapshot: { bytes, refs } })
        const [add, kept] = [call('add', 2), call('keepsWhat')]
        give(add, kept)
        expect(await valueOf(add)).toBe(42)
        expect(await outcomeOf(kept)).toMatchObject({ type: 'inline', refs: [link] })
        expect(contexts.get(again.id)!.held).toEqual([`+far of there/2`])
      })

      test('that cannot be taken say why', async () => {
        const counter = spawn('Counter', [0])
        const spoil = call('spoil')
        give(spoil)
        pool.snapshot(counter.id)
        await reports.until(() => reports.snapshots.length === 1)
        expect(reports.snapshots).toEqual([
          {
            type: 'failed',
            message:
              'snapshot().total is a function; only data travels: put the function in the task module and pass its name or its result',
          },
        ])
      })

      test('are taken though calls wait for one another; what ends meanwhile is told after it', async () => {
        const gate = spawn('Gate', [], { concurrency: 3 })
        const wait = call('wait')
        give(wait)
        pool.snapshot(gate.id)
        give(call('open'))
        expect(await valueOf(wait)).toEqual([wait.task, wait.task])
        const told = reports.log.filter((line) => !line.startsWith('built') && !line.startsWith('logged'))
        expect(told.map((line) => line.split(' ')[0])).toEqual(['snapshot', 'done', 'done'])
        expect(decode(taken(0).bytes)).toEqual(['waiting'])
      })
    })

    describe('what it holds', () => {
      const settleSubmitted = (): void => {
        onContext = (context) => {
          context.onSubmit = (spec) => {
            const settlement = { type: 'value', bytes: encode(`of ${spec.fn}`).bytes, refs: [] } as const
            for (const one of contexts.values()) one.settle(resultOf(spec.id), settlement)
          }
        }
      }

      test('a ref in the arguments of its constructor or of a call is good for later calls, until the actor ends', async () => {
        const link = { object: 'far' as ObjectId, owner: 'there/2' as LifeId }
        const counter = spawn('Counter', [[new FakeRef(link.object, link.owner)]])
        const call1 = call('keep', [new FakeRef('near' as ObjectId, link.owner)])
        give(call1)
        await outcomeOf(call1)
        const later = call('keepsWhat')
        give(later)
        expect(await outcomeOf(later)).toMatchObject({ refs: [{ object: 'near', owner: link.owner }] })
        const context = contexts.get(counter.id)!
        expect([context.held, context.isClosed]).toEqual([['+far of there/2', '+near of there/2'], false])
        pool.terminate(worker, 'killed')
        await reports.until(() => reports.exits.length > 0)
        expect(context.isClosed).toBe(true)
      })

      test('a child of one call is read by the next', async () => {
        settleSubmitted()
        const counter = spawn('Counter', [0])
        const first = call('askChild', 7)
        give(first)
        await outcomeOf(first)
        const second = call('readChild')
        give(second)
        expect(await valueOf(second)).toBe('of child')
        expect(opened.map(({ attempt, actor }) => [attempt, actor])).toEqual([
          [counter.id, undefined],
          [first.id, contexts.get(counter.id)],
        ])
        expect(contexts.get(first.id)!.submitted).toMatchObject([{ fn: 'child', context: first.task }])
        expect([contexts.get(first.id)!.isClosed, contexts.get(counter.id)!.isClosed]).toEqual([true, false])
        // And it can be handed out by a call that asked for nothing itself.
        const third = call('giveChild')
        give(third)
        const object = resultOf(contexts.get(first.id)!.submitted[0]!.id)
        expect(await outcomeOf(third)).toEqual({ type: 'ref', link: { object, owner: here, top: false } })
      })

      test('what a call put and did not wait for is there for later ones', async () => {
        const counter = spawn('Counter', [0])
        const first = call('putLater')
        give(first)
        expect(await valueOf(first)).toBe('put')
        const second = call('givePut')
        give(second)
        const outcome = await outcomeOf(second)
        const [put] = contexts.get(counter.id)!.puts
        expect(outcome).toMatchObject({ type: 'inline', refs: [{ object: put!.object, owner: here }] })
      })

      const asked = (one: RunOrder): unknown[] =>
        (contexts.get(one.id)?.submitted ?? []).map(({ fn, context }) => [fn, (context as string) === one.task])

      test('an actor that one call was given is called in the name of the one that calls it', async () => {
        const counter = spawn('Counter', [0])
        const [first, second] = [call('keepActor', new FakeActor('far')), call('callKept', 1)]
        give(first, second)
        await values([first, second])
        expect([asked(first), asked(second)]).toEqual([
          [['first', true]],
          [
            ['sync', true],
            ['later', true],
          ],
        ])
        expect(contexts.get(second.id)!.submitted[0]).toMatchObject({
          refs: [{ object: 'far', owner: 'there/2', top: false }],
          call: { actor: 'far', maxPendingCalls: 5 },
          policy: { retries: 2 },
        })
        expect(contexts.get(counter.id)!.held).toEqual(['+far of there/2'])
      })

      test('of several calls at once nobody can tell: what they ask of it is asked by the actor itself', async () => {
        const gate = spawn('Gate', [], { concurrency: 4 })
        const calls = [call('keepActor', new FakeActor('far')), call('callKept', 1), call('callKept', 2), call('open')]
        give(...calls)
        await values(calls)
        expect([asked(calls[1]!), asked(calls[2]!)]).toEqual([[['before', true]], [['before', true]]])
        const { submitted } = contexts.get(gate.id)!
        expect(submitted.map(({ fn, id }) => [fn, id])).toEqual([
          ['after', `${gate.task}#1.0`],
          ['after', `${gate.task}#1.1`],
        ])
      })

      test('the mesh of a call ends with it', async () => {
        spawn('Counter', [0])
        const [keeps, uses] = [call('keepMesh'), call('useMesh')]
        give(keeps, uses)
        expect(await values([keeps, uses])).toEqual([1, 'NOT_IN_TASK'])
      })

      test('outside its calls it has the verbs of its own', async () => {
        const counter = spawn('Timer', [])
        await logged('logged outside calls')
        expect(contexts.get(counter.id)!.submitted).toMatchObject([{ fn: 'child' }])
      })
    })

    test('when its worker is ended, it and the calls that had begun were running', async () => {
      const gate = spawn('Gate', [], { concurrency: 2 })
      const [a, b, c] = [call('wait'), call('wait'), call('wait')]
      give(a, b, c)
      await reports.until(() => reports.lines.length === 2)
      pool.terminate(worker, 'killed')
      await reports.until(() => reports.exits.length > 0)
      expect(reports.exits).toEqual([{ reason: 'killed', running: [gate.id, a.id, b.id], unstarted: [c.id] }])
      const late = call('wait')
      give(late)
      await logged(`returned ${late.id}`)
    })

    test.skipIf(features.exit === undefined)('a call that ends the worker is told with the actor', async () => {
      const counter = spawn('Counter', [0])
      const [before, culprit, behind] = [call('add', 1), call('exit'), call('add', 1)]
      give(before, culprit, behind)
      await reports.until(() => reports.exits.length > 0)
      expect(decode((reports.outcomes.get(before.id) as { bytes: Uint8Array }).bytes)).toBe(1)
      expect(reports.exits).toEqual([{ reason: 'exit', running: [counter.id, culprit.id], unstarted: [behind.id] }])
    })

    test('a result that does not fit is an error: its effect has been', async () => {
      spawn('Counter', [0])
      const large = call('bytes', fixture.store.limitBytes)
      give(large)
      expect(await outcomeOf(large)).toMatchObject({ type: 'error', code: 'OVERLOADED' })
      const small = call('bytes', contractConfig.inlineBytes * 2)
      give(small)
      expect(await outcomeOf(small)).toMatchObject({ type: 'stored' })
    })
  })
}
