// Lays a batch out for its way into a worker, and reads it there: all arguments and small inputs end to end in
// one buffer that is moved, not copied; larger inputs beside it, each sent once and then kept there; names once.

import type { CodeId, ObjectId } from '../model/ids.ts'
import type { ObjectCache } from './object-cache.ts'
import type { Batch, BatchActor, BatchInput, BatchOrder, PackedOrder, PackedTask, Span } from './worker-messages.ts'
import type { ActorOrder, RunInput, RunOrder } from './worker-port.ts'

/** Inline inputs up to this ride with every attempt; keeping them would cost more than decoding them. */
const rideBytes = 1024

interface Numbered {
  readonly number: number
  readonly order: RunOrder
}

/** `stored` has the bytes of the stored inputs that the worker does not keep yet. */
export function packBatch(
  batch: readonly Numbered[],
  stored: ReadonlyMap<string, Uint8Array>,
  cache: ObjectCache,
): Batch & { readonly objects: { readonly object: ObjectId; readonly bytes: Uint8Array<ArrayBuffer> }[] } {
  const bytes = new Uint8Array(sizeOf(batch))
  const objects: { object: ObjectId; bytes: Uint8Array<ArrayBuffer> }[] = []
  let end = 0
  const append = (part: Uint8Array): Span => {
    const start = end
    bytes.set(part, start)
    end += part.byteLength
    return [start, end]
  }
  const input = ({ object, inline, refs }: RunInput): BatchInput => {
    if (rides(inline)) return { object, span: append(inline), refs }
    if (!cache.has(object)) {
      // A copy: the store's bytes are shared, and this one is moved away.
      const copy = new Uint8Array(inline ?? stored.get(object)!)
      cache.add(object, copy.byteLength)
      objects.push({ object, bytes: copy })
    }
    cache.use(object)
    return { object, span: null, refs }
  }
  const actor = ({ concurrency, snapshot }: ActorOrder): BatchActor => ({
    concurrency,
    snapshot: snapshot && { span: append(snapshot.bytes), refs: snapshot.refs },
  })
  const names: string[] = []
  const named = (name: string): number => {
    const known = names.lastIndexOf(name)
    return known === -1 ? names.push(name) - 1 : known
  }
  const orders = batch.map(({ number, order }): PackedOrder => {
    const { task, attempt, code, fn, refs, inputs } = order
    const [start, stop] = append(order.args)
    const carried = inputs.length === 0 ? 0 : inputs.map(input)
    const packed: PackedTask = [
      number,
      task,
      attempt,
      named(code),
      named(fn),
      start,
      stop,
      refs.length === 0 ? 0 : refs,
      carried,
    ]
    if (order.actor !== undefined) return [...packed, 0, actor(order.actor)]
    return order.stream === null ? packed : [...packed, order.stream]
  })
  return { buffer: bytes.buffer, names, orders, objects, forget: cache.evict() }
}

export function unpackOrder(packed: PackedOrder, names: readonly string[]): BatchOrder {
  const [number, task, attempt, code, fn, start, stop, refs, inputs, stream = 0, actor] = packed
  return {
    number,
    task,
    attempt,
    code: names[code] as CodeId,
    fn: names[fn]!,
    args: [start, stop],
    refs: refs === 0 ? none : refs,
    inputs: inputs === 0 ? none : inputs,
    actor,
    stream: stream === 0 ? null : stream,
  }
}

const none: readonly never[] = []

function rides(inline: Uint8Array | null): inline is Uint8Array {
  return inline !== null && inline.byteLength <= rideBytes
}

function sizeOf(batch: readonly Numbered[]): number {
  let size = 0
  for (const { order } of batch) {
    size += order.args.byteLength + (order.actor?.snapshot?.bytes.byteLength ?? 0)
    for (const { inline } of order.inputs) if (rides(inline)) size += inline.byteLength
  }
  return size
}
