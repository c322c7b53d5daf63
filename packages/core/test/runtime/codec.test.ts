import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame, Message } from '../../src/model/messages.ts'
import type { Policy, TaskSpec } from '../../src/model/task.ts'
import { CodecError, decodeFrame, encodeFrame, pack } from '../../src/runtime/codec.ts'
import { Deframer, kinds } from '../../src/runtime/framing.ts'

const from = 'peer-a/1' as Frame['from']
const to = 'peer-b/2' as Frame['to']

const link = fc.record({
  object: fc.string({ minLength: 1, maxLength: 20 }),
  owner: fc.constant('peer-c/3'),
  top: fc.boolean(),
})
const bytes = fc.uint8Array({ maxLength: 40 })
const needs = fc.constantFrom(
  {},
  { labels: { zone: 'lab' }, slots: 2 },
  { labels: { kind: { in: ['node'] }, os: { not: 'x' } } },
)
const duration = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 1e9 }))
const policy = fc.record({
  name: fc.option(fc.string({ maxLength: 8 })),
  retries: fc.integer({ min: -1, max: 9 }),
  retryErrors: fc.oneof(fc.boolean(), fc.array(fc.record({ text: fc.string({ maxLength: 5 }) }), { maxLength: 2 })),
  rebuilds: fc.integer({ min: -1, max: 9 }),
  retryDelayMs: fc.tuple(fc.nat(), fc.nat()),
  timeoutMs: duration,
  attemptTimeoutMs: duration,
  copies: fc.nat(5),
  needs,
  prefer: needs,
  spread: fc.boolean(),
  priority: fc.integer(),
  hedge: fc.boolean(),
  votes: fc.integer({ min: 1, max: 99 }),
  equals: fc.option(fc.string({ minLength: 1 })),
  ahead: fc.nat(65_536),
  aheadBytes: fc.nat(),
})
const id = fc.string({ minLength: 1, maxLength: 30 })
const located = fc.oneof(
  fc.record({ type: fc.constant('inline'), bytes, refs: fc.array(link, { maxLength: 2 }) }),
  fc.record({ type: fc.constant('alias'), link }),
)
const spec = fc.record({
  id,
  context: id,
  depth: fc.nat(9),
  code: id,
  fn: id,
  args: bytes,
  refs: fc.array(link, { maxLength: 2 }),
  policy,
})
const message = fc.oneof(
  fc.record({
    type: fc.constant('assign'),
    epoch: fc.record({ number: fc.nat(), by: fc.constantFrom('peer-a/1', 'peer-z/9') }),
    attempts: fc.array(
      fc.record({
        spec,
        attempt: fc.nat(99),
        extra: fc.constantFrom(true, undefined),
        remake: fc.option(fc.array(id, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        stream: fc.option(
          fc.record({
            from: fc.oneof(fc.nat(), fc.constant(Number.POSITIVE_INFINITY)),
            also: fc.array(fc.nat(), { maxLength: 2 }),
            taken: fc.nat(),
          }),
          { nil: undefined },
        ),
        inputs: fc.array(fc.record({ object: id, source: id, owner: fc.constant('peer-a/1'), located }), {
          maxLength: 2,
        }),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant('outcome'),
    task: id,
    attempt: fc.nat(),
    ms: fc.double({ min: 0, max: 1e6, noNaN: true }),
    waitedMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    outcome: fc.oneof(
      fc.record({ type: fc.constant('inline'), bytes, refs: fc.array(link, { maxLength: 2 }) }),
      fc.record({ type: fc.constant('cancelled'), reason: fc.string() }),
      fc.record({ type: fc.constant('ref'), link }),
    ),
  }),
  fc.record({
    type: fc.constant('item'),
    task: id,
    attempt: fc.nat(),
    index: fc.nat(),
    item: fc.oneof(
      fc.record({ type: fc.constant('inline'), bytes, refs: fc.array(link, { maxLength: 2 }) }),
      fc.record({ type: fc.constant('stored'), size: fc.nat(), hash: id, refs: fc.array(link, { maxLength: 2 }) }),
      fc.record({ type: fc.constant('ref'), link }),
    ),
  }),
  fc.record({ type: fc.constant('proceed'), task: id, attempt: fc.nat(), taken: fc.nat() }),
  fc.record({ type: fc.constant('took'), object: id, reader: id, run: fc.nat(), taken: fc.nat() }),
  fc.record({ type: fc.constant('consumed'), object: id, reader: id }),
  fc.record({ type: fc.constant('grant'), credits: fc.nat() }),
  fc.record({ type: fc.constantFrom('located', 'remade'), object: id, located }),
  fc.record({ type: fc.constant('mayDrop'), object: id, nth: fc.nat(), pressed: fc.boolean() }),
  fc.record({ type: fc.constantFrom('drop', 'keep'), object: id, nth: fc.nat() }),
  fc.record({ type: fc.constant('whoHas'), object: id }),
  fc.record({ type: fc.constant('sources'), object: id, from: fc.array(fc.constant(from), { maxLength: 2 }) }),
  fc.record({
    type: fc.constant('found'),
    objects: fc.array(
      fc.record({ object: id, size: fc.nat(), hash: id, owners: fc.array(fc.constant(from), { maxLength: 2 }) }),
      { maxLength: 2 },
    ),
  }),
)
const frame = fc.record({
  from: fc.constant(from),
  to: fc.constant(to),
  mine: fc.nat(),
  yours: fc.nat(),
  ack: fc.nat(),
  seq: fc.nat(),
  messages: fc.array(message, { maxLength: 5 }),
  signals: fc.array(fc.record({ type: fc.constant('ping'), nonce: fc.nat() }), { maxLength: 2 }),
  claims: fc.constant([]),
  load: fc.option(fc.record({ free: fc.nat(), queued: fc.nat(), awareness: fc.nat(8) })),
})

/** Buffers and typed arrays of the same bytes are the same. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => {
      if (item instanceof Uint8Array) return { bytes: [...item] }
      return item === Number.POSITIVE_INFINITY ? 'Infinity' : Object.is(item, -0) ? 0 : item
    }),
  )
}

describe('frames', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(frame, (sent) => {
        const received = decodeFrame(encodeFrame(sent as unknown as Frame), from, to)
        // JSON turns a Buffer into { type, data } before the replacer sees it; make both sides plain arrays first.
        expect(plain(withoutBuffers(received))).toEqual(plain(withoutBuffers(sent)))
      }),
    )
  })

  test('a task is written once for all that it put, and comes back with each', () => {
    const made = fc.sample(spec, { numRuns: 1, seed: 1 })[0] as unknown as TaskSpec
    const maker = { ...made, args: new Uint8Array(10_000) }
    const rows = Array.from({ length: 100 }, (_, n) => {
      const located = { type: 'stored', size: n, hash: `h${n}`, holders: [from], refs: [] } as const
      const rest = { task: null, context: null, copies: 2, attempt: 0, at: from, faded: false } as const
      return { object: `put-${n}` as ObjectId, spec: n === 0 ? null : maker, located, ...rest }
    })
    const message = { type: 'guard', nth: 1, begin: true, more: false, rows, gone: [], jobs: [] } as const
    const bytes = encodeFrame({ ...(fc.sample(frame, 1)[0] as unknown as Frame), messages: [message] })
    expect(bytes.length).toBeLessThan(20_000)
    const [received] = decodeFrame(bytes, from, to).messages
    expect(plain(withoutBuffers(received))).toEqual(plain(withoutBuffers(message)))
  })

  test('one policy is written once for a whole batch', () => {
    const shared: Policy = fc.sample(policy, { numRuns: 1, seed: 1 })[0] as Policy
    const base = fc.sample(spec, { numRuns: 1, seed: 1 })[0] as unknown as TaskSpec
    const batch = (count: number): number => {
      const attempts = Array.from({ length: count }, (_, n) => ({
        spec: { ...base, policy: shared },
        attempt: n,
        inputs: [],
      }))
      const one: Message = { type: 'assign', epoch: { number: 1, by: from }, attempts }
      return encodeFrame({
        from,
        to,
        mine: 1,
        yours: 1,
        ack: 0,
        seq: 1,
        messages: [one],
        signals: [],
        claims: [],
        load: null,
      }).length
    }
    expect(batch(3) - batch(2)).toBe(batch(2) - batch(1))
    expect(batch(2) - batch(1)).toBeLessThan(batch(1))
  })

  test('whatever else arrives is a CodecError and nothing worse', () => {
    const rubbish = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.anything({ withBigInt: false }).map((value) => tryPack(value)),
      fc.tuple(fc.array(fc.anything({ maxDepth: 2 }), { minLength: 8, maxLength: 8 })).map(([parts]) => tryPack(parts)),
      frame.chain((good) => fc.nat(400).map((at) => flip(encodeFrame(good as unknown as Frame), at))),
    )
    fc.assert(
      fc.property(rubbish, (arrived) => {
        try {
          decodeFrame(arrived, from, to)
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('framing', () => {
  test('chunks may be cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 }),
        fc.array(fc.nat(20)),
        (payloads, cuts) => {
          const wire = payloads.flatMap((payload) => [0, 0, 0, payload.length, kinds.frame, ...payload])
          const heard: number[][] = []
          const deframer = new Deframer(1_000, (_kind, payload) => heard.push([...payload]))
          let at = 0
          for (const cut of [...cuts, wire.length]) {
            expect(deframer.push(Uint8Array.from(wire.slice(at, at + cut)))).toBe(true)
            at += cut
          }
          expect(heard).toEqual(payloads.map((payload) => [...payload]))
        },
      ),
    )
  })

  test('a frame above the limit is refused before it is waited for', () => {
    const deframer = new Deframer(10, () => {})
    expect(deframer.push(Uint8Array.from([0, 0, 0, 11, kinds.frame]))).toBe(false)
  })
})

function tryPack(value: unknown): Uint8Array {
  try {
    return pack(value)
  } catch {
    return new Uint8Array(3)
  }
}

function flip(encoded: Uint8Array, at: number): Uint8Array {
  const where = at % Math.max(1, encoded.length)
  return Uint8Array.from(encoded, (byte, index) => (index === where ? byte ^ 0xff : byte))
}

function withoutBuffers(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] }
  if (Array.isArray(value)) return value.map(withoutBuffers)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBuffers(item)]))
}
