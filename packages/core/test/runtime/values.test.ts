import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MeshError } from '../../src/errors.ts'
import type { LifeId, ObjectId } from '../../src/model/ids.ts'
import type { RefLink } from '../../src/model/task.ts'
import { refBrand } from '../../src/runtime/value-kinds.ts'
import { decode, decodeArgs, decodeError, encode, encodeArgs, encodeError, writing } from '../../src/runtime/values.ts'

/** Each byte as one character: texts are compared at once, bytes one by one. */
const textOf = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes)
const roundTrip = (value: unknown) => decode(encode(value).bytes)
const code = (f: () => unknown): string => {
  try {
    f()
    return 'nothing thrown'
  } catch (error) {
    return `${(error as MeshError).code}: ${(error as MeshError).message}`
  }
}

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const leaf = fc.oneof(
  fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withSparseArray: true,
  }),
  fc.anything({ withTypedArray: true, withNullPrototype: true, maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength: 90 }),
  fc.double(),
  fc.bigInt(),
  fc.constantFrom(-0, Number.NaN, undefined, null, new Date(Number.NaN), /a+b/giu, '\ufeffbom', '__proto__'),
  fc
    .constantFrom(0, 1, 4096, 4097, 9000)
    .chain(bytesOf)
    .map((bytes) => new Uint8Array(bytes)),
  fc.float64Array({ maxLength: 600 }).map((array) => new Float64Array(array)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes).buffer),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new DataView(new Uint8Array(bytes).buffer)),
)

/** Containers whose members may be each other: cycles and shared references. */
const graph = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.array(fc.nat(12), { maxLength: 4 }), leaf), {
    minLength: 1,
    maxLength: 8,
  })
  .map((recipes) => {
    const containers = recipes.map(([kind]) => [[], {}, new Map(), new Set()][kind])
    recipes.forEach(([, links, own], i) => {
      const members = [own, ...links.map((link) => containers[link % containers.length])]
      const container = containers[i]
      members.forEach((member, key) => {
        if (container instanceof Map) container.set(key % 2 === 0 ? key : member, member)
        else if (container instanceof Set) container.add(member)
        else (container as Record<string, unknown>)[key] = member
      })
    })
    return containers[0]
  })

/** As a structured clone would be. */
function expectSame(left: unknown, right: unknown): void {
  if (!ArrayBuffer.isView(right)) return expect(left).toStrictEqual(structuredClone(right))
  expect(Object.getPrototypeOf(left)).toBe(Object.getPrototypeOf(right))
  expect(textIn(left as ArrayBufferView)).toBe(textIn(right))
}

function textIn({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return textOf(new Uint8Array(buffer, byteOffset, byteLength))
}

/** Equal, and what is one object on one side is one object on the other. */
function expectSameGraph(left: unknown, right: unknown, pairs: Map<unknown, unknown>): void {
  // Most members are such: to ask expect of each costs more than to encode them all.
  if (Object(right) !== right && Object.is(left, right)) return
  const isContainer = Array.isArray(right) || right instanceof Map || right instanceof Set || isRecord(right)
  if (!isContainer) return expectSame(left, right)
  if (pairs.has(right)) return expect(pairs.get(right)).toBe(left)
  pairs.set(right, left)
  expect(Object.getPrototypeOf(left)).toBe(Object.getPrototypeOf(right) ?? Object.prototype)
  const a = members(left)
  const b = members(right)
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i++) expectSameGraph(a[i], b[i], pairs)
}

function isRecord(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Object]'
}

function members(value: unknown): unknown[] {
  return value instanceof Map || value instanceof Set
    ? [...value.entries()].flat()
    : Object.entries(value as object).flat()
}

describe('values', () => {
  test('come back as structuredClone gives them', () => {
    fc.assert(
      fc.property(leaf, (value) => {
        expectSame(roundTrip(value), value)
      }),
      { numRuns: 1000 },
    )
  })

  test('keep cycles and shared references', () => {
    fc.assert(
      fc.property(graph, (value) => expectSameGraph(roundTrip(value), value, new Map())),
      { numRuns: 500 },
    )
  })

  test('have one encoding', () => {
    fc.assert(
      fc.property(fc.oneof(leaf, graph), (value) => {
        const text = textOf(encode(value).bytes)
        expect(textOf(encode(value).bytes)).toBe(text)
        expect(textOf(encode(structuredClone(value)).bytes)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })

  test('do not depend on what was encoded before', () => {
    const first = encode({ a: 1, b: [2, { c: 3 }] }).bytes
    for (let i = 0; i < 200; i++) encode({ [`key${i}`]: 'x'.repeat(i * 100) })
    expect(encode({ a: 1, b: [2, { c: 3 }] }).bytes).toEqual(first)
  })

  test('NaN has one encoding, whatever its bits', () => {
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)[0]
    expect(encode(odd).bytes).toEqual(encode(Number.NaN).bytes)
    expect(encode({ odd }).bytes).toEqual(encode({ odd: Number.NaN }).bytes)
  })

  test('nest without limit', () => {
    let list: unknown = null
    for (let i = 0; i < 50_000; i++) list = { next: list, i }
    let depth = 0
    for (let at = roundTrip(list) as { next: never } | null; at !== null; at = at.next) depth++
    expect(depth).toBe(50_000)
  })

  test('decode at any offset of a larger buffer', () => {
    const value = { pixels: new Float32Array(5000).map((_, i) => i / 3), name: 'tile' }
    const { bytes } = encode(value)
    for (let offset = 0; offset < 9; offset++) {
      const buffer = new Uint8Array(bytes.byteLength + 20)
      buffer.set(bytes, offset)
      const view = buffer.subarray(offset, offset + bytes.byteLength)
      expect(decode(view, { copy: false })).toStrictEqual(value)
      expect(decode(view)).toStrictEqual(value)
    }
  })

  test('large binary is viewed in place, or copied when asked', () => {
    const { bytes } = encode({ pixels: new Float64Array(1000) })
    const viewed = decode(bytes, { copy: false }) as { pixels: Float64Array }
    expect(viewed.pixels.buffer).toBe(bytes.buffer)
    const copied = decode(bytes) as { pixels: Float64Array }
    expect(copied.pixels.buffer).not.toBe(bytes.buffer)
    expect(copied.pixels.byteOffset).toBe(0)
    expect(copied.pixels.buffer.byteLength).toBe(8000)
  })

  test("a Node Buffer is a Uint8Array, without its pool's bytes", () => {
    const pooled = new Uint8Array(new ArrayBuffer(10_000), 8, 3).fill(7)
    expect((roundTrip(pooled) as Uint8Array).buffer.byteLength).toBe(3)
  })

  test('a key named __proto__ is data', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as object
    const back = roundTrip(value) as object
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.keys(back)).toEqual(['__proto__'])
  })
})

describe('what cannot travel', () => {
  class Camera {
    zoom = 1
  }
  const detached = new Uint8Array(8)
  structuredClone(detached, { transfer: [detached.buffer] })
  const throwing = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no keys for you')
      },
    },
  )

  test.each([
    [{ camera: new Camera() }, 'args[0].camera is a Camera; pass a plain object'],
    [
      [1, [() => 1]],
      'args[0][1][0] is a function; only data travels: put the function in the task module and pass its name or its result',
    ],
    [Camera, 'args[0] is a class; only data travels: put the class in the task module'],
    [{ 'odd key': Symbol('x') }, 'args[0]["odd key"] is a symbol; pass a string'],
    [new Map([['k', Promise.resolve(1)]]), `args[0]'s value "k" is a Promise; await it first`],
    [new Set([new WeakMap()]), `args[0]'s member 0 is a WeakMap; nobody can list what is in it: pass a Map`],
    [new (class Registry extends Map {})(), 'args[0] is a Map; pass a plain object'],
    [(function* () {})(), 'args[0] is a Generator; collect it into an array'],
    [new URL('https://example.org'), 'args[0] is a URL; pass its href'],
    [
      { detached },
      'args[0].detached is detached: its buffer was transferred elsewhere; pass it before you transfer it, or pass a copy',
    ],
    [
      new Uint8Array(new SharedArrayBuffer(8)),
      'args[0] is a SharedArrayBuffer; memory cannot be shared between peers: pass a copy, new Uint8Array(view)',
    ],
    [
      {
        get x(): number {
          throw new Error('broken getter')
        },
      },
      'args[0] threw when it was read (broken getter); pass a plain object',
    ],
    [{ throwing }, 'args[0].throwing threw when it was read (no keys for you); pass a plain object'],
  ])('%# is refused with its path', (value, message) => {
    expect(code(() => encodeArgs([value]))).toBe(`UNSERIALIZABLE: ${message}`)
  })
})

describe('garbage', () => {
  test('is INTERNAL, and nothing else is ever thrown', () => {
    const valid = fc.oneof(leaf, graph).map((value) => encode(value).bytes)
    const damaged = fc
      .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
      .map(([bytes, edits, cut]) => {
        const copy = bytes.slice(0, cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length)
        for (const [at, to] of edits) if (copy.length > 0) copy[at % copy.length] = to
        return copy
      })
    const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array([1 + (bytes.length % 3), ...bytes]))
    fc.assert(
      fc.property(fc.oneof(damaged, random), (bytes) => {
        try {
          decode(bytes)
        } catch (error) {
          expect((error as MeshError).code).toBe('INTERNAL')
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('refs', () => {
  const ref = (id: string) => ({
    link: id,
    get [refBrand]() {
      return { object: id as ObjectId, owner: 'peer/1' as LifeId }
    },
  })
  class Ref {
    readonly id: string
    constructor(id: string) {
      this.id = id
    }
    get [refBrand]() {
      return { object: this.id as ObjectId, owner: 'peer/1' as LifeId }
    }
  }
  const link = (object: string, top: boolean): RefLink => ({
    object: object as ObjectId,
    owner: 'peer/1' as LifeId,
    top,
  })

  test('directly in an argument list are top, in order; others are nested', () => {
    const seen: object[] = []
    const a = new Ref('a')
    const { bytes, refs } = encodeArgs([{ deep: new Ref('n') }, a, 3, a, new Ref('b')], {
      onRef: (one) => seen.push(one),
    })
    expect(refs).toEqual([link('a', true), link('b', true), link('n', false)])
    expect(seen).toContain(a)
    const args = decodeArgs(bytes, { refs, makeRef: (one) => one, resolve: (object) => `value of ${object}` })
    expect(args).toEqual([{ deep: link('n', false) }, 'value of a', 3, 'value of a', 'value of b'])
  })

  test('that are an argument and inside another one are both: its value, and a ref', () => {
    const a = new Ref('a')
    for (const all of [
      [a, { deep: a, deeper: [a] }],
      [{ deep: a, deeper: [a] }, a],
    ]) {
      const { bytes, refs } = encodeArgs(all)
      expect(refs).toEqual([link('a', true), link('a', false)])
      const args = decodeArgs(bytes, { refs, makeRef: ({ object }) => `ref ${object}`, resolve: () => 'value' })
      const inside = { deep: 'ref a', deeper: ['ref a'] }
      expect(args).toEqual(all[0] === a ? ['value', inside] : [inside, 'value'])
    }
  })

  test('are named in the bytes without their owner', () => {
    const other = { ...ref('n') }
    Object.setPrototypeOf(other, {
      get [refBrand]() {
        return { object: 'n', owner: 'someone/else' }
      },
    })
    expect(encode([other]).bytes).toEqual(encode([new Ref('n')]).bytes)
    expect(encode([new Ref('m')]).bytes).not.toEqual(encode([new Ref('n')]).bytes)
  })
})

describe('errors', () => {
  class ValidationError extends TypeError {
    readonly field: string
    constructor(message: string, field: string, cause?: unknown) {
      super(message, { cause })
      this.field = field
    }
  }

  test('keep class name, message, own properties, cause chain and stack', () => {
    const error = new ValidationError('too small', 'size', new RangeError('0', { cause: { deep: [1] } }))
    const back = decodeError(encodeError(error)) as ValidationError
    expect(back).toBeInstanceOf(TypeError)
    expect(back.name).toBe('ValidationError')
    expect(back.message).toBe('too small')
    expect(back.field).toBe('size')
    expect(back.stack).toBe(error.stack)
    expect(back.cause).toBeInstanceOf(RangeError)
    expect((back.cause as Error).cause).toEqual({ deep: [1] })
    expect(Object.keys(back)).toEqual(['field'])
  })

  test('keep what an AggregateError gathers', () => {
    const back = decodeError(encodeError(new AggregateError([new SyntaxError('a'), 'b'], 'both'))) as AggregateError
    expect(back).toBeInstanceOf(AggregateError)
    expect(back.errors[0]).toBeInstanceOf(SyntaxError)
    expect(back.errors[1]).toBe('b')
  })

  test('of the mesh stay errors of the mesh', () => {
    const error = new MeshError('PEER_DIED', 'gone', { peer: 'kestrel-3f', story: ['a', 'b'], attempt: 2 })
    const back = decodeError(encodeError(error)) as MeshError
    expect(back).toBeInstanceOf(MeshError)
    expect(Object.entries(back)).toEqual(Object.entries(error))
  })

  test('keep what can be kept when a property cannot travel', () => {
    const error = Object.assign(new Error('http'), { response: Promise.resolve(), status: 500 })
    expect({ ...(decodeError(encodeError(error)) as object) }).toEqual({ response: '[a Promise]', status: 500 })
  })

  test('may be anything that can be thrown', () => {
    expect(decodeError(encodeError('text'))).toBe('text')
    expect(decodeError(encodeError(undefined))).toBe(undefined)
    expect(decodeError(encodeError(() => 1))).toMatch(/^\[a function/)
    expect(decodeError(encodeError(new DOMException('stop', 'AbortError')))).toMatchObject({
      name: 'AbortError',
      message: 'stop',
    })
  })

  test('inside a value carry no stack, so that equal results have equal bytes', () => {
    const make = () => new RangeError('off')
    expect(encode({ error: make() }).bytes).toEqual(encode({ error: make() }).bytes)
    expect((roundTrip({ error: make() }) as { error: Error }).error).toBeInstanceOf(RangeError)
  })
})

test('what the machine itself asks about is written as everything else', () => {
  const [a, b] = ['t~1', 't~2'] as [ObjectId, ObjectId]
  const refs = [a, b].map((object) => ({ object, owner: 'p/1' as LifeId, top: true })) as RefLink[]
  const values = new Map([
    [a, 1],
    [b, 2],
  ])
  const pair = writing.pair(a, b)
  expect(decodeArgs(pair, { refs, resolve: (object) => values.get(object) })).toEqual([1, 2])
  expect(writing.yes).toEqual(encode(true).bytes)
  expect(decode(writing.yes)).toBe(true)
})
