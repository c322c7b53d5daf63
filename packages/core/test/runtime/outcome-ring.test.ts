// The ring: what is written is read, once, in order, whatever the sizes and however far the reader is behind.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OutcomeReader, OutcomeWriter, sharedRing } from '../../src/runtime/outcome-ring.ts'

function ring(): { writer: OutcomeWriter; read: () => [number, number, number[]][]; memory: SharedArrayBuffer } {
  const memory = sharedRing()
  const reader = new OutcomeReader(memory)
  return {
    memory,
    writer: new OutcomeWriter(memory),
    read: () => {
      const all: [number, number, number[]][] = []
      reader.drain((number, ms, value) => all.push([number, ms, [...value]]))
      return all
    },
  }
}

describe('the ring of outcomes', () => {
  test('knocks once until the reader has come', () => {
    const { writer, read } = ring()
    expect(writer.write(7, 0.5, new Uint8Array([1, 2]))).toBe('knock')
    expect(writer.write(8, 1.5, new Uint8Array())).toBe('written')
    expect(read()).toEqual([
      [7, 0.5, [1, 2]],
      [8, 1.5, []],
    ])
    expect(read()).toEqual([])
    expect(writer.write(9, 0, new Uint8Array([3]))).toBe('knock')
  })

  test('after news nothing is written until the reader has heard it: then no outcome overtakes the message', () => {
    const { writer, read, memory } = ring()
    const reader = new OutcomeReader(memory)
    writer.write(1, 0, new Uint8Array())
    writer.tells()
    expect(writer.write(2, 0, new Uint8Array())).toBe('full')
    writer.tells()
    reader.hears()
    expect(writer.write(3, 0, new Uint8Array())).toBe('full')
    reader.hears()
    expect(writer.write(4, 0, new Uint8Array())).toBe('written')
    expect(read().map(([number]) => number)).toEqual([1, 4])
  })

  test('what is too large, or finds no room, travels otherwise; room comes back with the reader', () => {
    const { writer, read } = ring()
    expect(writer.write(1, 0, new Uint8Array(1024 * 1024))).toBe('full')
    let written = 0
    while (writer.write(written, 0, new Uint8Array(4000)) !== 'full') written++
    expect(written).toBeGreaterThan(20)
    expect(read().map(([number]) => number)).toEqual(Array.from({ length: written }, (_, i) => i))
    expect(writer.write(0, 0, new Uint8Array(4000))).toBe('knock')
  })

  test('any sizes, read now and then, come out whole and in order', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.nat(8 * 1024) },
      { weight: 4, arbitrary: fc.nat(64) },
      { weight: 1, arbitrary: fc.constant('read' as const) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const { writer, read } = ring()
        const expected: [number, number, number[]][] = []
        const got: [number, number, number[]][] = []
        steps.forEach((size, at) => {
          if (size === 'read') return void got.push(...read())
          const value = Uint8Array.from({ length: size }, (_, i) => (at + i) & 255)
          if (writer.write(at, at / 8, value) !== 'full') expected.push([at, at / 8, [...value]])
        })
        got.push(...read())
        expect(got).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  test('a length that cannot be is refused instead of read', () => {
    const { writer, read, memory } = ring()
    writer.write(1, 0, new Uint8Array(8))
    new Uint32Array(memory, 16)[4] = 0xffff_fff0
    expect(read).toThrow(RangeError)
  })
})
