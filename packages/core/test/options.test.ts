import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../src/model/messages.ts'
import type { Policy, TaskSpec } from '../src/model/task.ts'
import { type CallOptions, checkOptions, defaultPolicy, withOptions } from '../src/options.ts'
import { listRules } from '../src/lists.ts'
import { decodeFrame, encodeFrame } from '../src/runtime/codec.ts'
import type { TaskOptions } from '../src/types.ts'

const base: CallOptions = { policy: defaultPolicy, key: '', signal: undefined }
const complaint = (options: unknown): string => {
  try {
    withOptions(base, options as TaskOptions, 'tiles.render')
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_OPTION' })
    return (error as Error).message
  }
  return 'nothing'
}

describe('task options', () => {
  test.each([
    [{ retry: 1 }, 'tiles.render: no option retry (did you mean retries?); there are name, key,'],
    [{ retries: 1.5 }, 'tiles.render: retries must be a whole number, -1 (no limit) or more; received 1.5'],
    [{ retries: '3' }, 'tiles.render: retries must be a whole number, -1 (no limit) or more; received "3"'],
    [{ timeoutMs: -1 }, 'tiles.render: timeoutMs must be milliseconds, 0 or more; received -1'],
    [{ timeoutMs: Number.NaN }, 'tiles.render: timeoutMs must be milliseconds, 0 or more; received NaN'],
    [
      { retryDelayMs: [10, 5] },
      'tiles.render: retryDelayMs must be [first, longest] in milliseconds, both finite, first not above longest; received [10,5]',
    ],
    [
      { retryErrors: [1] },
      'tiles.render: retryErrors must be true, false or a list of up to 256 strings and regular expressions; received [1]',
    ],
    [{ copies: 0 }, 'tiles.render: copies must be a whole number, 1 or more; received 0'],
    [{ signal: {} }, 'tiles.render: signal must be an AbortSignal; received {}'],
    [
      { needs: { label: {} } },
      'tiles.render: needs: no option label (did you mean labels?); there are labels, resources, slots, memoryBytes, peer',
    ],
    [
      { needs: { labels: { a: { in: [1] } } } },
      'tiles.render: needs: labels must be an object of label: value, { in: [up to 256 values] } or { not: value }, names of 1 to 512 characters; received {"a":{"in":[1]}}',
    ],
    [
      { prefer: { resources: { gpu: 'one' } } },
      'tiles.render: prefer: resources must be an object of name: amount, { gpu: 1 }, names of 1 to 512 characters; received {"gpu":"one"}',
    ],
    [{ name: '' }, 'tiles.render: name must be a string of 1 to 512 characters; received ""'],
    [5, 'tiles.render: expected an object of options, received 5'],
    [{ spread: () => 1 }, 'tiles.render: spread must be true or false; received a function'],
  ])('%j is refused by name', (options, message) => {
    expect(complaint(options)).toContain(message)
  })

  test('undefined is as good as absent', () => {
    expect(withOptions(base, { retries: undefined, needs: undefined }, 'f')).toEqual(base)
  })

  test('add to those before, needs by their parts', () => {
    const one = withOptions(base, { retries: 5, needs: { labels: { kind: 'node' }, slots: 2 } }, 'f')
    const two = withOptions(one, { copies: 3, needs: { labels: { zone: { not: 'a' } }, resources: { gpu: 1 } } }, 'f')
    expect(two.policy).toEqual({
      ...defaultPolicy,
      retries: 5,
      copies: 3,
      needs: { labels: { kind: 'node', zone: { not: 'a' } }, slots: 2, resources: { gpu: 1 } },
    })
    expect(one.policy.copies).toBe(2)
  })

  test('of the code its kind is needed with a reason, until the caller needs a kind', () => {
    const needs = { labels: { kind: 'node' }, because: 'imports node:fs' }
    const code = { ...base, policy: { ...base.policy, needs } }
    const zone = { labels: { zone: 'a' } }
    expect(withOptions(code, { needs: zone }, 'f').policy.needs).toMatchObject({ because: 'imports node:fs' })
    const asked = { labels: { kind: 'browser' } }
    expect(withOptions(code, { needs: asked }, 'f').policy.needs).toEqual(asked)
  })

  test('error patterns are data', () => {
    const { policy } = withOptions(base, { retryErrors: ['EAGAIN', /time(d )?out/i] }, 'f')
    expect(policy.retryErrors).toEqual([{ text: 'EAGAIN' }, { pattern: 'time(d )?out', flags: 'i' }])
  })
})

describe('what is accepted can travel', () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `zone-${i}`)

  test.each([
    [
      { prefer: { labels: { zone: { in: many(300) } } } },
      /prefer: labels must be .*up to 256 values.*received \{"zone"/,
    ],
    [{ needs: { labels: { '': 'x' } } }, /needs: labels must be .*names of 1 to 512 characters/],
    [{ needs: { labels: { ['k'.repeat(513)]: 'x' } } }, /names of 1 to 512 characters/],
    [{ needs: { labels: JSON.parse('{ "__proto__": "x" }') as object } }, /needs: labels must be/],
    [{ needs: { labels: { zone: 'x'.repeat(300_000) } } }, /needs.* are 300\d{3} characters together; at most 262144/],
    [{ needs: { resources: { gpu: Infinity } } }, /needs: resources must be .*; received \{"gpu":Infinity\}/],
    [{ prefer: { resources: { gpu: Infinity } } }, /prefer: resources must be/],
    [{ needs: { memoryBytes: 1e300 } }, /memoryBytes must be/],
    [{ needs: { peer: 'x'.repeat(513) } }, /peer must be a string of 1 to 512 characters; received "x+…"?$/],
    [{ retryErrors: many(257) }, /retryErrors must be .*up to 256/],
    [{ retryDelayMs: [100, Infinity] }, /retryDelayMs must be .*; received \[100,Infinity\]/],
    [{ copies: 1e300 }, /copies must be/],
    [{ name: 'x'.repeat(513) }, /name must be/],
  ])('what cannot is refused: %#', (options, sentence) => {
    const said = complaint(options)
    expect(said).toMatch(sentence)
    expect(said.length).toBeLessThan(600)
  })

  test.each([20_000, -1, 0, 1.5, '5', Number.NaN])('a list of %s rows is not asked for', (limit) => {
    expect(() => checkOptions('tasks', { limit }, listRules)).toThrow(
      /tasks: limit must be a whole number from 1 to 10000/,
    )
  })

  const text = fc.oneof(
    { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
    fc.constantFrom('', '__proto__', 'constructor', '0', 'x'.repeat(512), 'x'.repeat(513), 'x'.repeat(300_000)),
  )
  const number = fc.oneof(
    { weight: 4, arbitrary: fc.nat(100) },
    fc.double(),
    fc.constantFrom(Infinity, -1, -0, 1e300, 2 ** 53, Number.MIN_VALUE),
  )
  const texts = fc.oneof(fc.array(text, { maxLength: 4 }), fc.constantFrom(many(256), many(257)))
  const match = fc.oneof(text, fc.record({ in: texts }), fc.record({ not: text }))
  const needs = fc.record(
    {
      labels: fc.dictionary(text, match, { maxKeys: 3 }),
      resources: fc.dictionary(text, number, { maxKeys: 3 }),
      slots: number,
      memoryBytes: number,
      peer: text,
    },
    { requiredKeys: [] },
  )
  const pattern = fc.oneof(text, fc.constantFrom(/a/dgimsuy, /[a--b]/v, new RegExp('')))
  const options = fc.record(
    {
      name: text,
      key: text,
      retries: number,
      retryErrors: fc.oneof(fc.boolean(), fc.array(pattern, { maxLength: 3 }), fc.constantFrom(many(256), many(257))),
      rebuilds: number,
      retryDelayMs: fc.tuple(number, number),
      timeoutMs: number,
      attemptTimeoutMs: number,
      copies: number,
      needs,
      prefer: needs,
      spread: fc.boolean(),
      priority: number,
    },
    { requiredKeys: [] },
  )

  test('any options that pass the check pass the codec, unchanged', () => {
    let accepted = 0
    const property = fc.property(options, (wild) => {
      const given = Object.fromEntries(Object.entries(wild).filter(([key, value]) => passes({ [key]: value })))
      if (!passes(given)) return
      accepted += Object.keys(given).length
      const { policy } = withOptions(base, given, 'f')
      // A time of 0 becomes the shortest there is.
      const { timeoutMs: _, attemptTimeoutMs: __, ...rest } = travelled(policy)
      expect(asJson(policy)).toMatchObject(asJson(rest))
    })
    fc.assert(property, { numRuns: 1_000 })
    expect(accepted).toBeGreaterThan(3_000)
  })

  const passes = (given: object): boolean => complaint(given) === 'nothing'
  const asJson = (value: object): object => JSON.parse(JSON.stringify(value)) as object

  function travelled(policy: Policy): Policy {
    const from = 'a/1' as Frame['from']
    const to = 'b/1' as Frame['to']
    const ids = { id: 't', context: 'c', depth: 0, code: 'x', fn: 'f' }
    const spec = { ...ids, args: new Uint8Array(), refs: [], policy } as unknown as TaskSpec
    const message = {
      type: 'assign' as const,
      epoch: { number: 1, by: from },
      attempts: [{ spec, attempt: 1, inputs: [] }],
    }
    const rest = { mine: 1, yours: 1, ack: 0, seq: 1, signals: [], claims: [], load: null }
    const [received] = decodeFrame(encodeFrame({ from, to, ...rest, messages: [message] }), from, to).messages
    if (received?.type !== 'assign') throw new Error('another message')
    return received.attempts[0].spec.policy
  }
})
