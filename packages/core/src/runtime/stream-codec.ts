// The two parts of streams that come by the thousand, or ride with every attempt, packed by position: an item, and
// what an attempt at a generator is to produce.

import type { TaskId } from '../model/ids.ts'
import type { Message } from '../model/messages.ts'
import type { Item, StreamOrder } from '../model/stream.ts'
import { array, check, name, type Packed, whole } from './packing.ts'
import * as wire from './wire.ts'

type ItemMessage = Extract<Message, { type: 'item' }>

export function packItem({ task, attempt, index, item }: ItemMessage): Packed {
  // By far the most common: a small value without refs.
  if (item.type === 'inline' && item.refs.length === 0) return ['i', task, attempt, index, item.bytes]
  return ['i', task, attempt, index, null, item]
}

/** Throws CodecError. */
export function unpackItem([, task, attempt, index, bytes, item]: Packed): ItemMessage {
  return {
    type: 'item',
    task: name(task, 'task') as TaskId,
    attempt: whole(attempt, 'attempt'),
    index: whole(index, 'index'),
    item:
      bytes instanceof Uint8Array
        ? { type: 'inline', bytes, refs: none }
        : (check(wire.item, item, 'item') as unknown as Item),
  }
}

const none: readonly never[] = []

/** -1: no item from any on. */
export function packStream({ from, also, taken }: StreamOrder): Packed {
  return [from === Number.POSITIVE_INFINITY ? -1 : from, taken, also]
}

/** Throws CodecError. */
export function unpackStream(packed: unknown): StreamOrder {
  const [from, taken, also] = array(packed, 'stream')
  return {
    from: from === -1 ? Number.POSITIVE_INFINITY : whole(from, 'stream.from'),
    taken: whole(taken, 'stream.taken'),
    also: check(wire.wholes, also, 'stream.also'),
  }
}
