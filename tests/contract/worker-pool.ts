// What every WorkerPool of a platform promises: each attempt is reported once, the moment it is over, whatever
// its batch mates do; the right one is blamed for a crash; and a running task's verbs reach its context and end with it.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type AttemptId,
  attemptId,
  type CodeId,
  codeObject,
  decode,
  decodeArgs,
  decodeError,
  encode,
  encodeArgs,
  type Encoded,
  type LifeId,
  limits,
  type ObjectId,
  type ObjectStore,
  type Outcome,
  resultOf,
  type RunOrder,
  type Sha256,
  type TaskId,
  type WorkerPool,
  type WorkerPoolHost,
} from '@murmuration/core/internal'
import {
  argsWithTopRef,
  contractConfig,
  FakeRef,
  here,
  Reports,
  taskModule,
  TestContext,
} from './worker-pool-support.ts'
import type { WorkerPoolFeatures } from './worker-pool-support.ts'
import { streamContract } from './worker-streams.ts'

export { contractConfig } from './worker-pool-support.ts'

export interface WorkerPoolSetup {
  readonly store: ObjectStore
  readonly sha256: Sha256
  create(host: WorkerPoolHost): WorkerPool
}

export function workerPoolContract(
  name: string,
  setup: () => WorkerPoolSetup | Promise<WorkerPoolSetup>,
  features: WorkerPoolFeatures = {},
): void {
  describe(`WorkerPool contract: ${name}`, { timeout: 30_000 }, () => {
    let fixture: WorkerPoolSetup
    let reports: Reports
    let pool: WorkerPool
    let code: CodeId
    let contexts: Map<AttemptId, TestContext>
    let onContext: (context: TestContext) => void
    let count = 0

    beforeEach(async () => {
      fixture = await setup()
      reports = new Reports()
      contexts = new Map()
      onContext = () => {}
      const openContext: WorkerPoolHost['openContext'] = (attempt, actor) => {
        const context = new TestContext(attempt, fixture.sha256)
        context.actor = actor
        contexts.set(attempt, context)
        onContext(context)
        return context
      }
      pool = fixture.create(reports.host(openContext))
      code = await addCode(taskModule(features))
    })
    afterEach(() => pool.close())

    async function addCode(text: string): Promise<CodeId> {
      const bytes = new TextEncoder().encode(text)
      const id = fixture.sha256(bytes) as CodeId
      await fixture.store.put(codeObject(id), bytes)
      return id
    }

    function order(fn: string, args: Encoded | readonly unknown[] = [], more: Partial<RunOrder> = {}): RunOrder {
      const task = `task${++count}` as TaskId
      const { bytes, refs } = Array.isArray(args) ? encodeArgs(args) : (args as Encoded)
      return {
        id: attemptId(task, 1),
        task,
        attempt: 1,
        code,
        fn,
        args: bytes,
        refs,
        inputs: [],
        stream: null,
        ...more,
      }
    }

    async function outcomeOf({ id }: RunOrder): Promise<Outcome> {
      await reports.until(() => reports.outcomes.has(id) || reports.exits.length > 0)
      return reports.outcomes.get(id)!
    }

    async function run(one: RunOrder): Promise<Outcome> {
      pool.run(0, [one])
      return outcomeOf(one)
    }

    const valueOf = (outcome: Outcome): unknown => (outcome.type === 'inline' ? decode(outcome.bytes) : outcome)

    test('runs functions, synchronous or not', async () => {
      expect(valueOf(await run(order('square', [7])))).toBe(49)
      expect(valueOf(await run(order('later', [7])))).toBe(8)
    })

    test('tells a task who it is', async () => {
      const one = order('who', [], { attempt: 4 })
      expect(valueOf(await run(one))).toEqual([one.task, 4])
    })

    test('hands a task a file that came with its module, the same each time, and says when there is none', async () => {
      expect(valueOf(await run(order('reads', ['words.txt'])))).toEqual(['a flock', true])
      const failed = await run(order('reads', ['word.txt']))
      expect(failed).toMatchObject({ type: 'error', code: 'NOT_FOUND', message: 'no word.txt' })
      expect(valueOf(await run(order('reads', ['words.txt'])))).toEqual(['a flock', true])
    })

    test("keeps an error's class, properties and cause", async () => {
      const outcome = await run(order('fails'))
      expect(outcome).toMatchObject({ type: 'error', name: 'ValidationError', code: '', message: 'too small' })
      const error = decodeError((outcome as { bytes: Uint8Array }).bytes) as Error & { field: string }
      expect(error).toBeInstanceOf(TypeError)
      expect([error.field, (error.cause as Error).message]).toEqual(['size', 'deep'])
      expect(await run(order('failsLater'))).toMatchObject({ type: 'error', name: 'string', message: 'just a string' })
    })

    test('cuts an error that is too long to travel', async () => {
      const { bytes, ...texts } = (await run(order('shouts'))) as Extract<Outcome, { type: 'error' }>
      for (const text of [texts.name, texts.code, texts.message]) expect(text.length).toBe(limits.saidLength)
      expect(bytes.length).toBeLessThanOrEqual(limits.errorBytes)
      expect((decodeError(bytes) as Error).message).toMatch(/^x+…$/)
    })

    test.each(['name', 'message', 'code', 'stack'])('an error with a strange %s is an error', async (what) => {
      const outcome = (await run(order('riddles', [what]))) as Extract<Outcome, { type: 'error' }>
      const { type, name, code, message } = outcome
      expect({ type, texts: [typeof name, typeof code, typeof message] }).toEqual({
        type: 'error',
        texts: ['string', 'string', 'string'],
      })
      expect(decodeError(outcome.bytes)).toBeInstanceOf(Error)
    })

    test('says what cannot be loaded, and the nearest name', async () => {
      expect(await run(order('sqare'))).toMatchObject({
        type: 'rejected',
        code: 'UNKNOWN_EXPORT',
        message: expect.stringContaining('no exported function sqare (did you mean square?)') as string,
      })
      const broken = await addCode('throw new Error("at import")')
      expect(await run(order('x', [], { code: broken }))).toMatchObject({
        type: 'rejected',
        code: 'CODE_REJECTED',
        message: expect.stringContaining('at import') as string,
      })
    })

    test('says which objects are not here', async () => {
      const absent = 'f'.repeat(64) as CodeId
      expect(await run(order('x', [], { code: absent }))).toEqual({ type: 'missing', objects: [codeObject(absent)] })
      const inputs = [{ object: 'nowhere' as ObjectId, source: 'nowhere' as ObjectId, inline: null, refs: [] }]
      expect(await run(order('square', [1], { inputs }))).toEqual({ type: 'missing', objects: ['nowhere'] })
    })

    test('bytes that cannot be read are not here, and what comes after runs', async () => {
      await fixture.store.put('broken' as ObjectId, encode(3).bytes)
      const { get } = fixture.store
      fixture.store.get = (id) => (id === 'broken' ? Promise.reject(new Error('EIO')) : get.call(fixture.store, id))
      const input = { object: 'broken' as ObjectId, source: 'broken' as ObjectId, inline: null, refs: [] }
      const reader = order('square', argsWithTopRef(input.object), { inputs: [input] })
      pool.run(0, [order('square', [1]), reader])
      expect(await outcomeOf(reader)).toEqual({ type: 'missing', objects: ['broken'] })
      expect(valueOf(await run(order('square', [3])))).toBe(9)
    })

    test('refuses a result that cannot travel, with its path', async () => {
      const outcome = await run(order('camera'))
      expect(outcome).toMatchObject({ type: 'error', name: 'MeshError', code: 'UNSERIALIZABLE' })
      expect((outcome as { message: string }).message).toBe('result.list[0] is a Camera; pass a plain object')
    })

    test('what waits behind a busy one is taken back, if it can be, and runs when it is given again', async () => {
      const busy = order('busy', [300])
      const queued = [order('square', [3]), order('square', [4])]
      pool.run(0, [busy, ...queued])
      await reports.until(() => reports.lines.length > 0)
      pool.recall(0)
      if (features.recall === true) {
        await reports.until(() => reports.log.some((line) => line.startsWith('returned')))
        expect(reports.log).toContain(`returned ${queued.map(({ id }) => id).join(' ')}`)
        expect(valueOf(await outcomeOf(busy))).toBe(300)
        expect([...reports.outcomes.keys()]).toEqual([busy.id])
        pool.run(0, queued)
      }
      expect(valueOf(await outcomeOf(queued[1]!))).toBe(16)
      expect(reports.outcomes.size).toBe(3)
    })

    test('stores a large result before it reports it', async () => {
      const one = order('bytes', [contractConfig.inlineBytes * 4])
      const outcome = await run(one)
      const stored = await fixture.store.get(resultOf(one.task))
      expect(outcome).toMatchObject({ type: 'stored', size: stored!.byteLength, hash: fixture.sha256(stored!) })
      expect((decode(stored!) as Uint8Array).every((byte) => byte === 7)).toBe(true)
    })

    test('gives an attempt back when its result does not fit', async () => {
      const outcome = await run(order('bytes', [fixture.store.limitBytes]))
      expect(outcome).toEqual({ type: 'returned', reason: 'memory' })
    })

    test('a result that is a ref is that ref; one inside is listed', async () => {
      const link = { object: 'far' as ObjectId, owner: 'there/2' as LifeId, top: false }
      const { bytes } = encodeArgs([[new FakeRef(link.object, link.owner)]])
      expect(await run(order('first', { bytes, refs: [link] }))).toEqual({ type: 'ref', link })
      const wrapped = await run(order('wrap', { bytes, refs: [link] }))
      expect(wrapped).toMatchObject({ type: 'inline', refs: [link] })
    })

    test('inputs are decoded once per worker, and come from wherever they are', async () => {
      const big = encode({ big: new Float64Array(5000).fill(3) })
      const object = 'input' as ObjectId
      const stored = 'where its bytes are' as ObjectId
      await fixture.store.put(stored, big.bytes)
      const args = argsWithTopRef(object)
      const inputs = [{ object, source: stored, inline: null, refs: [] }]
      const all = [1, 2, 3].map(() => order('sameAsBefore', args, { inputs }))
      pool.run(0, all)
      const values = await Promise.all(all.map(async (one) => valueOf(await outcomeOf(one))))
      expect(values).toEqual([false, true, true])
      const small = { object: 'small' as ObjectId, source: 'small' as ObjectId, inline: encode(6).bytes, refs: [] }
      expect(valueOf(await run(order('square', argsWithTopRef(small.object), { inputs: [small] })))).toBe(36)
    })

    test('a slow batch mate delays nobody who is done', async () => {
      const fast = [order('square', [2]), order('square', [3])]
      const slow = order('forever')
      const behind = order('square', [4])
      pool.run(0, [...fast, slow, behind])
      expect(await Promise.all(fast.map(async (one) => valueOf(await outcomeOf(one))))).toEqual([4, 9])
      pool.terminate(0, 'terminated')
      await reports.until(() => reports.exits.length > 0)
      expect(reports.exits).toEqual([{ reason: 'terminated', running: [slow.id], unstarted: [behind.id] }])
    })

    test('starts a worker again when it is named again', async () => {
      const slow = order('forever')
      pool.run(0, [slow])
      pool.terminate(0, 'killed')
      await reports.until(() => reports.exits.length > 0)
      expect(reports.exits[0]!.reason).toBe('killed')
      expect(valueOf(await run2(order('square', [5])))).toBe(25)
    })

    async function run2(one: RunOrder): Promise<Outcome> {
      pool.run(0, [one])
      await reports.until(() => reports.outcomes.has(one.id))
      return reports.outcomes.get(one.id)!
    }

    test.skipIf(features.exit === undefined)('a worker that ends is told, with who was in it', async () => {
      const before = order('square', [2])
      const culprit = order('exit')
      const behind = order('square', [3])
      pool.run(0, [before, culprit, behind])
      await reports.until(() => reports.exits.length > 0)
      expect(valueOf(reports.outcomes.get(before.id)!)).toBe(4)
      expect(reports.exits).toEqual([{ reason: 'exit', running: [culprit.id], unstarted: [behind.id] }])
    })

    test.skipIf(features.memory !== true)('a worker out of memory is told as such', async () => {
      const culprit = order('hoard')
      pool.run(0, [culprit])
      await reports.until(() => reports.exits.length > 0)
      expect(reports.exits).toEqual([{ reason: 'out-of-memory', running: [culprit.id], unstarted: [] }])
    })

    test('abort fires the signal of what runs, and drops what does not yet', async () => {
      const running = order('untilAborted')
      const queued = order('square', [2])
      const last = order('square', [3])
      pool.run(0, [running, queued, last])
      await reports.until(() => reports.lines.includes('log: listening'))
      pool.abort(queued.id, 'not wanted')
      expect(await outcomeOf(queued)).toEqual({ type: 'cancelled', reason: 'not wanted' })
      expect(reports.outcomes.has(running.id)).toBe(false)
      pool.abort(running.id, 'enough')
      expect(await outcomeOf(running)).toEqual({ type: 'cancelled', reason: 'enough' })
      expect(valueOf(await outcomeOf(last))).toBe(9)
    })

    const heard = async (running: RunOrder, reason: string) => {
      reports.lines.length = 0
      pool.run(0, [running])
      await reports.until(() => reports.lines.length > 0)
      pool.abort(running.id, reason)
      return outcomeOf(running)
    }
    test('who hears of an abort and returns a value all the same is cancelled', async () => {
      expect(await heard(order('insists'), 'enough')).toEqual({ type: 'cancelled', reason: 'enough' })
    })

    test('the signal says whether time was up', async () => {
      const codes = { enough: 'CANCELLED', 'timeoutMs: 50': 'TIMEOUT', 'attemptTimeoutMs: 7.5': 'TIMEOUT' }
      for (const [reason, code] of Object.entries(codes)) {
        await heard(order('untilAborted'), reason)
        expect(reports.lines).toEqual(['log: listening', `log: TASK_${code}`])
      }
    })

    test('what a task prints is told', async () => {
      await run(order('speaks'))
      expect(reports.lines).toEqual(['log: a 1', 'warn: b', 'error: c', 'log: {"d":1}'])
    })

    test('a task submits through its context, and waits without its slot', async () => {
      onContext = (context) => {
        context.onSubmit = (spec) => {
          const [x] = decodeArgs(spec.args, { resolve: () => undefined })
          const bytes = encode((x as number) * 10).bytes
          context.settle(resultOf(spec.id), { type: 'value', bytes, refs: [] })
        }
      }
      const parent = order('parent', [4])
      const mates = [order('square', [1]), order('square', [2])]
      pool.run(0, [parent, ...mates])
      expect(valueOf(await outcomeOf(parent))).toBe(41)
      const context = contexts.get(parent.id)!
      expect(context.submitted).toMatchObject([{ fn: 'child', code, context: parent.task, depth: 3 }])
      expect(reports.log.slice(0, 4)).toEqual([
        `blocked ${parent.id}`,
        `returned ${mates[0]!.id} ${mates[1]!.id}`,
        `unblocked ${parent.id}`,
        `done ${parent.id} inline`,
      ])
      expect(context.isClosed).toBe(true)
    })

    test('who waits for copies, or for an end, waits without its slot', async () => {
      const one = order('lasts', [4])
      expect(valueOf(await run(one))).toBe('both')
      const waits = [`blocked ${one.id}`, `unblocked ${one.id}`]
      expect(reports.log).toEqual([...waits, ...waits, `done ${one.id} inline`])
    })

    test('who does not wait for copies any longer has its slot again', async () => {
      onContext = (context) => {
        context.durability = new Promise(() => {})
      }
      const one = order('impatient', [4])
      expect(valueOf(await run(one))).toBe('GET_TIMEOUT')
      expect(reports.log).toEqual([
        `blocked ${one.id}`,
        `unblocked ${one.id}`,
        'logged goes on',
        `done ${one.id} inline`,
      ])
      expect(contexts.get(one.id)).toMatchObject({ waiting: 0, isClosed: true })
    })

    test('an attempt that runs again asks for the same ids', async () => {
      const one = order('hands')
      const first = await run(one)
      const again = await run({ ...one, id: attemptId(one.task, 2), attempt: 2 })
      expect(first).toEqual(again)
      expect(first).toMatchObject({ type: 'ref', link: { owner: here } })
    })

    test('a task puts through its context', async () => {
      const one = order('putter')
      const outcome = await run(one)
      const { puts } = contexts.get(one.id)!
      expect(puts.map(({ bytes, hash }) => [decode(bytes), hash === fixture.sha256(bytes)])).toEqual([
        [{ big: 1 }, true],
      ])
      expect(outcome).toMatchObject({ type: 'inline', refs: [{ object: puts[0]!.object, owner: here }] })
    })

    test("a task's mesh ends with it", async () => {
      await run(order('tooLate'))
      expect(valueOf(await run(order('afterwards')))).toBe('NOT_IN_TASK')
    })

    streamContract(() => ({ fixture, reports, pool, order, outcomeOf, onContext: (then) => (onContext = then) }))
  })
}
