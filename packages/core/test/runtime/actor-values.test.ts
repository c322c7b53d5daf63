// Handles on actors inside values: they keep all that a call needs, name no owner in their bytes, and nothing that was not
// written by us is taken for one.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ActorLink, actorBrand, type ActorNote, packNote, unpackNote } from '../../src/actor-note.ts'
import type { CodeId, LifeId, ObjectId } from '../../src/model/ids.ts'
import type { RefLink } from '../../src/model/task.ts'
import type { HandleKind } from '../../src/runtime/value-kinds.ts'
import { decode, decodeArgs, decodeError, encode, encodeArgs, encodeError } from '../../src/runtime/values.ts'

class Handle {
  readonly [actorBrand]: ActorLink

  constructor(object: string, note: ActorNote, owner = 'peer/1') {
    this[actorBrand] = { object: object as ObjectId, owner: owner as LifeId, note }
  }
}

const notes: fc.Arbitrary<ActorNote> = fc.record({
  code: fc.string().map((text) => text as CodeId),
  label: fc.string({ unit: 'binary' }),
  name: fc.option(fc.string({ unit: 'binary' })),
  callRetries: fc.integer({ min: -1 }),
  onceOnly: fc.boolean(),
  maxPendingCalls: fc.nat(),
  generators: fc.array(fc.string()),
})
const links = fc.tuple(fc.string({ minLength: 1 }), notes)

/** What was read where a handle stands. */
const read = (link: RefLink, note: HandleKind): unknown => ({ link, note })

test('come back with all that a call needs, wherever in a value they are', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(links, { selector: ([object]) => object, maxLength: 5 }),
      fc.anything(),
      (all, other) => {
        const handles = all.map(([object, note]) => new Handle(object, note))
        const { bytes, refs } = encode({ list: handles, map: new Map([[1, handles]]), other })
        const back = decode(bytes, { refs, makeRef: read }) as { list: unknown[]; map: Map<number, unknown> }
        expect(back.map.get(1)).toBe(back.list)
        expect(back.list).toEqual(
          all.map(([object, note]) => ({ link: { object, owner: 'peer/1', top: false }, note })),
        )
      },
    ),
  )
})

const note = {
  code: 'c0de' as CodeId,
  label: 'tiles.Counter',
  name: 'hits',
  callRetries: -1,
  onceOnly: true,
  maxPendingCalls: 10,
  generators: ['rows'],
}

test('are no values that a task waits for: as arguments they arrive as they are', () => {
  const { bytes, refs } = encodeArgs([new Handle('a', note), 1])
  expect(refs).toEqual([{ object: 'a', owner: 'peer/1', top: false }])
  const args = decodeArgs(bytes, { refs, makeRef: read, resolve: () => 'resolved' })
  expect(args).toEqual([{ link: refs[0], note }, 1])
})

test('are equal bytes whoever answers for them', () => {
  expect(encode([new Handle('a', note)]).bytes).toEqual(encode([new Handle('a', note, 'someone/else')]).bytes)
  expect(encode([new Handle('a', { ...note, callRetries: 0 })]).bytes).not.toEqual(
    encode([new Handle('a', note)]).bytes,
  )
})

test('in errors are named', () => {
  const error = Object.assign(new Error('it is gone'), { actor: new Handle('a', note) })
  expect(decodeError(encodeError(error))).toMatchObject({ actor: '[Actor tiles.Counter]' })
})

test('of another version, or of nobody we know, are refused', () => {
  const packed = packNote(note)
  expect(unpackNote(packed)).toEqual(note)
  expect(() => unpackNote([2, ...packed.slice(1)])).toThrow(/of version 2; this one reads 1/)
  fc.assert(
    fc.property(fc.nat({ max: packed.length - 1 }), fc.anything(), (at, value) => {
      const other = packed.with(at, value)
      try {
        expect(packNote(unpackNote(other))).toEqual(other)
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError)
      }
    }),
  )
})
