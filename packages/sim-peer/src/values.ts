// Values of the simulation: plain data with refs inside, written as text. A value may claim any
// size, so that megabytes cost the simulator nothing. The machine sees what it always sees: opaque
// bytes, links, sizes and hashes. As on the wire of real peers, bytes name objects only: who answers
// for one rides beside them, so a value made again elsewhere has the same bytes.

import type { LifeId, ObjectId, RefLink, Writing } from '@murmuration/core/internal'
import { hash32 } from '@murmuration/core/internal'

export class SimRef {
  readonly object: ObjectId
  readonly owner: LifeId

  constructor(object: ObjectId, owner: LifeId) {
    this.object = object
    this.owner = owner
  }
}

/** Data that counts as `size` bytes. */
export class Big {
  readonly value: unknown
  readonly size: number

  constructor(value: unknown, size: number) {
    this.value = value
    this.size = size
  }
}

export interface Encoded {
  readonly bytes: Uint8Array
  readonly refs: readonly RefLink[]
  readonly size: number
  readonly hash: string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** `top`: the refs that are themselves elements of the (argument) list. */
export function encode(value: unknown, top = false): Encoded {
  const big = value instanceof Big ? value : null
  const plain = big ? big.value : value
  const refs: RefLink[] = []
  const text = JSON.stringify(plain, function (this: unknown, _key: string, item: unknown) {
    if (!(item instanceof SimRef)) return item
    refs.push({ object: item.object, owner: item.owner, top: top && this === plain })
    return { $ref: item.object }
  })
  const bytes = encoder.encode(text ?? 'null')
  return { bytes, refs, size: big?.size ?? bytes.length, hash: digest(text ?? 'null') }
}

/** How this shell writes what the machine asks about. */
export const writing: Writing = {
  pair: (a, b) =>
    encode(
      [a, b].map((object) => new SimRef(object, '' as LifeId)),
      true,
    ).bytes,
  yes: encode(true).bytes,
}

/** `refs` says who answers for the objects inside. */
export function decode(bytes: Uint8Array, refs: readonly RefLink[]): unknown {
  return JSON.parse(decoder.decode(bytes), (_key, item: unknown) => {
    if (item === null || typeof item !== 'object' || !('$ref' in item)) return item
    const object = item.$ref as ObjectId
    const link = refs.find((other) => other.object === object)
    if (!link) throw new Error(`a value came with a ref to ${object} and without its owner`)
    return new SimRef(object, link.owner)
  })
}

/** Of everything but the names of those refs. */
export function digestBytes(bytes: Uint8Array, refs: readonly RefLink[] = []): string {
  return digest(refs.reduce((text, { object }) => text.replaceAll(object, '*'), decoder.decode(bytes)))
}

export function digest(text: string): string {
  return hash32(text).toString(16).padStart(8, '0') + hash32(`${text}~`).toString(16).padStart(8, '0')
}
