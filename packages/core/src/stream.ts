// What a call of a generator function gives: its items, each once and in order, for one reader. Leaving the loop ends
// the generator. Where items come from is the port's affair; what is held is the stream's handle.

import { MeshError } from './errors.ts'
import type { Handle } from './handles.ts'
import type { TaskId } from './model/ids.ts'
import { itemOf } from './model/ids.ts'
import { Held, handleOf, Ref } from './refs.ts'
import { refBrand } from './runtime/value-kinds.ts'
import type { ObjectRef, ObjectStream } from './types.ts'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** Items asked for before they are wanted, at most: enough to hide a way of some milliseconds. */
const windowMost = 64

export class Stream extends Held implements ObjectStream<unknown> {
  declare readonly '~stream': unknown
  readonly #ahead: number

  constructor(handle: Handle /** Unknown of one that came from somebody else. */, ahead: number = windowMost) {
    super(handle)
    this.#ahead = ahead
  }

  override get [refBrand](): Held[typeof refBrand] & { readonly isStream: true } {
    const { object, owner } = super[refBrand]
    return { object, owner, isStream: true }
  }

  [Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    return this.#read(this.#begin(), true)
  }

  refs(): AsyncGenerator<ObjectRef<unknown>, void, undefined> {
    return this.#read(this.#begin(), false) as AsyncGenerator<ObjectRef<unknown>, void, undefined>
  }

  /** A stream is read once: also before its first item is there. */
  #begin(): Handle {
    const handle = handleOf(this)
    if (handle.isConsumed) {
      const way = 'collect its items, or call the function again'
      throw new MeshError('STREAM_CONSUMED', `${handle.label} was read already, and a stream is read once: ${way}`)
    }
    handle.isConsumed = true
    handle.read = true
    return handle
  }

  async *#read(handle: Handle, bytes: boolean): AsyncGenerator<unknown, void, undefined> {
    handle.retain()
    let isOver = false
    try {
      await handle.pending
      if (handle.broken !== undefined) throw handle.broken
      const { port } = handle.table
      const reading = port.read(handle.object, handle.owner, { ahead: Math.min(this.#ahead, windowMost), bytes })
      try {
        for (let index = 0; ; index++) {
          const settlement = await reading.next().settled
          isOver = settlement?.type !== 'value'
          if (settlement === null) return
          // Throws what the generator threw.
          yield bytes || isOver ? handle.open(settlement) : refTo(handle, index)
        }
      } catch (error) {
        isOver = true
        throw error
      } finally {
        reading.close()
        if (!isOver) await this.#end(handle, 'its reader has left the loop')
      }
    } finally {
      handle.drop()
    }
  }

  async cancel(reason = 'cancelled'): Promise<void> {
    const handle = handleOf(this)
    await handle.pending
    if (handle.broken === undefined) await this.#end(handle, reason)
  }

  #end({ table, object, owner }: Handle, reason: string): Promise<void> {
    return table.port.cancel(object, owner, reason)
  }

  [inspect](): string {
    return this.#describe()
  }

  override toString(): string {
    throw new TypeError(this.#describe())
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(this.#describe())
  }

  /** `{}` would say nothing of what is missing. */
  toJSON(): never {
    throw new TypeError(this.#describe())
  }

  #describe(): string {
    return `ObjectStream ${this.handle.now()}: for await (const item of stream)`
  }
}

/** The port holds it for us from the moment at which it came. */
function refTo(stream: Handle, index: number): Ref {
  const { table, owner, object, label } = stream
  const handle = table.handle({ object: itemOf(object as string as TaskId, index), owner }, `${label}[${index}]`)
  return new Ref(handle)
}

export const isStream = (value: unknown): value is Stream => value instanceof Stream
