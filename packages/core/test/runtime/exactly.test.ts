// A yes of the quick look must be one of zod's, with the very same value; for what honest peers send it must be a yes.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { fitsExactly } from '../../src/runtime/exactly.ts'
import * as wire from '../../src/runtime/wire.ts'

const life = 'peer-a/1'
const link = { object: 'o', owner: life, top: true }
const profile = {
  version: 1,
  name: 'anna',
  kind: 'node',
  slots: 4,
  labels: { zone: 'lab' },
  resources: { gpu: 1 },
  memoryBytes: 1e9,
  addresses: ['/ip4/127.0.0.1'],
  domain: 'here',
  role: 'member',
}
const claim = { life, incarnation: 3, state: 'suspect', by: 'peer-b', profile }
const epoch = { number: 2, by: life }
const needs = { labels: { os: { in: ['linux'] }, zone: { not: 'lab' }, kind: 'node' }, resources: { gpu: 1 }, slots: 2 }
const policy = {
  name: null,
  retries: 3,
  retryErrors: [{ text: 'busy' }, { pattern: 'x', flags: 'i' }],
  rebuilds: 2,
  retryDelayMs: [10, 1_000],
  timeoutMs: Number.POSITIVE_INFINITY,
  attemptTimeoutMs: 5,
  copies: 1,
  needs,
  prefer: {},
  spread: false,
  priority: -1,
  hedge: true,
  ahead: 4,
  aheadBytes: 0,
  votes: 1,
  equals: null,
}
const record = {
  epoch,
  version: 1,
  group: [life],
  before: null,
  edition: { nth: 0, code: 'c' },
  snapshot: { bytes: new Uint8Array(3), refs: [link] },
  answers: [{ task: 't', to: life, outcome: { type: 'cancelled', reason: '' } }],
  fences: [{ context: 'c', run: 0 }],
}

/** What goes over the wire, each with the schema that it is checked by. */
const sent: readonly (readonly [object, unknown])[] = [
  [wire.signal, { type: 'ping', nonce: 7 }],
  [wire.signal, { type: 'probed', target: life, nonce: 7, heard: true }],
  [wire.signal, { type: 'sync', members: [claim, { life, incarnation: 0, state: 'dead', by: 'x' }], reply: false }],
  [wire.claim, claim],
  [wire.policy, policy],
  [wire.message, { type: 'grant', credits: 3 }],
  [wire.message, { type: 'abort', task: 't', attempt: 1, reason: 'over', moved: true }],
  [wire.message, { type: 'located', object: 'o', located: { type: 'alias', link } }],
  [wire.message, { type: 'located', object: 'o', located: { type: 'inline', bytes: new Uint8Array(2), refs: [link] } }],
  [wire.message, { type: 'renew', actor: 'a', epoch, nth: 4, record }],
  [wire.message, { type: 'inspected', request: 1, rows: [{ a: 'b', c: null, d: 1.5, e: false }] }],
  [
    wire.message,
    { type: 'sought', context: 'c', isTaken: true, has: true, detached: false, opened: 0, names: [['a', 'b']] },
  ],
  [wire.outcome, { type: 'crash', reason: 'exit', detail: '' }],
  [wire.jobs, [{ context: 'c', name: 'n', detached: true, opened: 9, submitter: null, names: [] }]],
  [wire.lifeIdSchema, life],
]

type Path = readonly (string | number)[]

function* paths(value: unknown, at: Path = []): Iterable<Path> {
  yield at
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  for (const [key, part] of Object.entries(value)) yield* paths(part, [...at, Array.isArray(value) ? Number(key) : key])
}

function changed(value: unknown, [key, ...rest]: Path, change: (part: unknown) => unknown): unknown {
  if (key === undefined) return change(value)
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  Reflect.set(copy, key, changed(Reflect.get(value as object, key), rest, change))
  return copy
}

const odd = fc.oneof(
  fc.anything(),
  fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '', 'peer/01', null, undefined),
  fc.constantFrom('x'.repeat(100_000), 'ping', new Date(0), new Map(), Object.create(null), new Uint8Array(1)),
)
const change = fc.oneof(
  odd.map((part) => () => part),
  odd.map((part) => (whole: unknown) => (Object(whole) === whole ? { ...(whole as object), more: part } : whole)),
  odd.map((part) => (whole: unknown) => (Array.isArray(whole) ? [...(whole as unknown[]), part] : whole)),
)
const damaged = fc
  .constantFrom(...sent)
  .chain(([schema, value]) =>
    fc
      .tuple(fc.constantFrom(...paths(value)), change)
      .map(([path, how]) => ({ schema, value: changed(value, path, how) })),
  )

function parsed(schema: object, value: unknown): { success: boolean; data?: unknown } {
  return z.safeParse(schema as z.ZodMiniType, value)
}

describe('a quick look at what came', () => {
  test.each(sent)('says yes to what is sent (%#)', (schema, value) => {
    expect(parsed(schema, value)).toMatchObject({ success: true })
    expect(fitsExactly(schema, value)).toBe(true)
  })

  test('says yes only to what zod takes as it is', () => {
    fc.assert(
      fc.property(damaged, ({ schema, value }) => {
        if (!fitsExactly(schema, value)) return
        const result = parsed(schema, value)
        expect(result.success).toBe(true)
        expect(result.data).toStrictEqual(value)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['a field too many', wire.signal, { type: 'ping', nonce: 7, more: 1 }],
    ['a field that is there and undefined', wire.claim, { ...claim, profile: undefined }],
    ['a field too few', wire.signal, { type: 'ping' }],
    ['another kind', wire.signal, { type: 'sing', nonce: 7 }],
    ['a fraction', wire.signal, { type: 'ping', nonce: 0.5 }],
    ['a negative number', wire.signal, { type: 'ping', nonce: -1 }],
    ['an empty name', wire.message, { type: 'want', object: '' }],
    ['a life with two ways to write it', wire.lifeIdSchema, 'peer/01'],
    ['a list that is too long', wire.lives, Array.from({ length: 257 }, () => life)],
    ['no bytes', wire.item, { type: 'inline', bytes: [1], refs: [] }],
    ['no plain object', wire.message, Object.assign(new Map(), { type: 'want', object: 'o' })],
  ] as const)('does not say yes to %s', (_what, schema, value) => {
    expect(fitsExactly(schema, value)).toBe(false)
  })

  test('does not say yes where it does not understand the schema', () => {
    expect(fitsExactly(z.string().check(z.trim()), ' x ')).toBe(false)
    expect(fitsExactly(z.strictObject({ a: z.string() }), { a: 'x' })).toBe(false)
    expect(fitsExactly(z.date(), new Date(0))).toBe(false)
    // What zod says no to stands in the schema itself, not among its checks.
    expect(fitsExactly(z.uuid(), 'no uuid')).toBe(false)
    expect(fitsExactly(z.int32(), 2 ** 40)).toBe(false)
    expect(fitsExactly(z.record(z.enum(['a', 'b']), z.string()), { a: 'x' })).toBe(false)
  })
})
