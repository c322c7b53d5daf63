// What travels of a stream beside ordinary tasks and objects: which items an attempt is to produce, and how many
// there were when it has ended. An item is an object like any other, with an id made from its stream's; a stream's
// own object settles when the generator has ended, as the number of items that it yielded.

import type { Failure } from './object.ts'
import type { Outcome } from './task.ts'

/** What one attempt at a generator is for. Items that are neither are there already: they are passed over. */
export interface StreamOrder {
  /** Every item from this one on. Infinity: none. */
  readonly from: number
  /** Earlier ones whose bytes are gone, in order. */
  readonly also: readonly number[]
  /** Items that the reader has taken, a total: those before are of no use to it. */
  readonly taken: number
}

/** What was yielded: a value, or a ref that the item becomes. */
export type Item = Extract<Outcome, { type: 'inline' | 'stored' | 'ref' }>

export function isWanted({ from, also, ...order }: StreamOrder, index: number, taken = order.taken): boolean {
  return (index >= from && index >= taken) || also.includes(index)
}

/** How far a generator may be ahead of its reader: in items, and (0: no limit) in bytes as far as those are more than a few. */
export interface Lead {
  readonly ahead: number
  readonly aheadBytes: number
}

/** So many of any size: enough to yield the next while one is fetched. */
const aFew = 8

/** With so many unread, of so many bytes together, it waits for its reader. */
export function isFarAhead({ ahead, aheadBytes }: Lead, items: number, bytes: number): boolean {
  return items >= ahead || (aheadBytes > 0 && items >= aFew && bytes >= aheadBytes)
}

/** A number as values are written, in the one form that the machine can read without their codec. */
export function countBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(10)
  bytes[0] = 1
  bytes[1] = 0xcb
  new DataView(bytes.buffer).setFloat64(2, count)
  return bytes
}

/** Null when it is no such number. */
export function countIn(bytes: Uint8Array): number | null {
  if (bytes.length !== 10 || bytes[0] !== 1 || bytes[1] !== 0xcb) return null
  const count = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(2)
  return Number.isSafeInteger(count) && count >= 0 ? count : null
}

/** Why an item past the last one is not to be had: how a reader learns that there are no more. */
export const pastTheEnd = 'past-the-end'

export function isEnd({ code, reason }: Failure): boolean {
  return code === 'OBJECT_LOST' && reason === pastTheEnd
}
