import { describe, expect, test } from 'vitest'
import { type CallOptions, defaultPolicy, withOptions } from '../src/options.ts'
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
    [{ timeoutMs: Number.NaN }, 'tiles.render: timeoutMs must be milliseconds, 0 or more; received null'],
    [
      { retryDelayMs: [10, 5] },
      'tiles.render: retryDelayMs must be [first, longest] in milliseconds, first not above longest; received [10,5]',
    ],
    [
      { retryErrors: [1] },
      'tiles.render: retryErrors must be true, false or a list of strings and regular expressions; received [1]',
    ],
    [{ copies: 0 }, 'tiles.render: copies must be a whole number, 1 or more; received 0'],
    [{ signal: {} }, 'tiles.render: signal must be an AbortSignal; received {}'],
    [
      { needs: { label: {} } },
      'tiles.render: needs: no option label (did you mean labels?); there are labels, resources, slots, memoryBytes, peer',
    ],
    [
      { needs: { labels: { a: { in: [1] } } } },
      'tiles.render: needs: labels must be an object of label: value, { in: [values] } or { not: value }; received {"a":{"in":[1]}}',
    ],
    [
      { prefer: { resources: { gpu: 'one' } } },
      'tiles.render: prefer: resources must be an object of name: amount, { gpu: 1 }; received {"gpu":"one"}',
    ],
    [{ name: '' }, 'tiles.render: name must be a string that is not empty; received ""'],
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

  test('error patterns are data', () => {
    const { policy } = withOptions(base, { retryErrors: ['EAGAIN', /time(d )?out/i] }, 'f')
    expect(policy.retryErrors).toEqual([{ text: 'EAGAIN' }, { pattern: 'time(d )?out', flags: 'i' }])
  })
})
