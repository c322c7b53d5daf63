import { describe, expect, test } from 'vitest'
import { exportedClass, exportedFunction, methodOf } from '../../src/runtime/callee.ts'

class Base {
  inherited(): string {
    return 'base'
  }
}

class Counter extends Base {
  readonly total = 3
  readonly arrow = (): number => this.total
  readonly #hidden = 1

  get accessor(): () => number {
    return () => this.#hidden
  }

  add(n: number): number {
    return this.total + n
  }

  snapshot(): number {
    return this.total
  }
}

const plain = (): number => 1
const messageOf = (found: unknown): string => (found as { message: string }).message

describe('a method', () => {
  test.each(['add', 'inherited', 'arrow'])('is what somebody wrote: %s', (name) => {
    expect(methodOf(new Counter(), name)).toBeTypeOf('function')
  })

  test.each(['total', 'accessor', 'snapshot', 'constructor', 'toString', 'hasOwnProperty', '__proto__', 'nothing'])(
    'is not %s',
    (name) => {
      expect(methodOf(new Counter(), name)).toMatchObject({ type: 'rejected', code: 'UNKNOWN_EXPORT' })
    },
  )

  test('that is none is named with those there are', () => {
    expect(messageOf(methodOf(new Counter(), 'ad'))).toBe(
      'no method ad in Counter (did you mean add?); there are arrow, add, inherited',
    )
    expect(messageOf(methodOf(new Counter(), 'ad', { Tally: Counter }))).toMatch(/^no method ad in Tally /)
    class Empty {
      readonly at = 1
    }
    expect(messageOf(methodOf(new Empty(), 'add'))).toBe('no method add in Empty; it has none')
    expect(messageOf(methodOf(Object.create(null) as object, 'add'))).toBe('no method add in this class; it has none')
  })
})

describe('an export', () => {
  test('is a class or a function, whatever was asked for', () => {
    const module = { Counter, plain, number: 1 }
    expect(exportedClass(module, 'Counter')).toBe(Counter)
    expect(messageOf(exportedClass(module, 'plain'))).toBe('no exported class plain; there are Counter')
    expect(messageOf(exportedClass({ plain }, 'Counter'))).toBe('no exported class Counter; the module exports none')
    expect(exportedFunction(module, 'plain')).toBe(plain)
    expect(messageOf(exportedFunction(module, 'plan'))).toMatch(/^no exported function plan \(did you mean plain\?\)/)
    expect(exportedFunction(module, 'toString')).toMatchObject({ type: 'rejected' })
  })
})
