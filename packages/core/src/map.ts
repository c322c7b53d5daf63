// `map`: calls for every input with bounded memory. At most `ahead` calls are out or unread; inputs are
// pulled only as room appears, so an endless input is fine. Each result is handed over and its ref released;
// leaving the loop, in whatever way, cancels what is out.

import { MeshError } from './errors.ts'
import { checkOptions, mapRules } from './options.ts'
import { isHeld, isRef } from './refs.ts'
import type { Mapped, MapOptions, MapSettlement, ObjectRef } from './types.ts'
import { within } from './within.ts'

const defaultAhead = 256

type Inputs<I> = Iterable<I> | AsyncIterable<I>
type Call<I, T> = (input: I, index: number) => ObjectRef<T>

/** Throws MeshError INVALID_OPTION. */
export function mapOver<I, T>(inputs: Inputs<I>, call: Call<I, T>, options: MapOptions = {}): Mapped<I, T> {
  checkOptions('map', options, mapRules)
  if (typeof call !== 'function') throw new MeshError('INVALID_OPTION', 'map: expected a function that makes the call')
  return {
    settlements: () => new Mapping(inputs, call, options).run(),
    async *[Symbol.asyncIterator]() {
      for await (const settlement of new Mapping(inputs, call, options).run()) {
        if ('error' in settlement) throw settlement.error
        yield settlement.value
      }
    },
  }
}

interface Item<I, T> {
  readonly index: number
  readonly input: I
  ref: ObjectRef<T> | undefined
  settlement: MapSettlement<I, T> | undefined
}

class Mapping<I, T> {
  readonly #iterator: Iterator<I> | AsyncIterator<I>
  readonly #call: Call<I, T>
  readonly #options: MapOptions
  readonly #ahead: number
  /** Out or unread: in the order of the inputs, or of finishing. */
  readonly #queue: Item<I, T>[] = []
  readonly #out = new Set<Item<I, T>>()
  #ended = false
  #inputError: { readonly error: unknown } | undefined
  #stopped = false
  #wakePump = (): void => {}
  #wakeReader = (): void => {}

  constructor(inputs: Inputs<I>, call: Call<I, T>, options: MapOptions) {
    const either = inputs as Partial<Iterable<I> & AsyncIterable<I>> | null | undefined
    const iterator = either?.[Symbol.asyncIterator]?.() ?? either?.[Symbol.iterator]?.()
    if (iterator === undefined) throw new MeshError('INVALID_OPTION', 'map: the inputs are not iterable')
    this.#iterator = iterator
    this.#call = call
    this.#options = options
    this.#ahead = options.ahead ?? defaultAhead
  }

  async *run(): AsyncGenerator<MapSettlement<I, T>, void, undefined> {
    void this.#pump()
    try {
      for (;;) {
        const item = await this.#next()
        if (item === undefined) return
        this.#wakePump()
        yield item
      }
    } finally {
      this.#stop()
    }
  }

  async #next(): Promise<MapSettlement<I, T> | undefined> {
    while (this.#queue[0]?.settlement === undefined) {
      this.#options.signal?.throwIfAborted()
      if (this.#queue.length === 0 && this.#out.size === 0) {
        if (this.#inputError !== undefined) throw this.#inputError.error
        if (this.#ended) return undefined
      }
      const woken = new Promise<void>((resolve) => (this.#wakeReader = resolve))
      await within(woken, this.#options, () => `map: no result within ${this.#options.timeoutMs} ms`)
    }
    return this.#queue.shift()!.settlement
  }

  /** Pulls inputs and calls while there is room. */
  async #pump(): Promise<void> {
    try {
      for (let index = 0; !this.#stopped; index++) {
        while (!this.#stopped && this.#unread() >= this.#ahead) await this.#room()
        if (this.#stopped) break
        const { done, value } = await this.#iterator.next()
        if (done === true || this.#stopped) break
        await this.#start({ index, input: value, ref: undefined, settlement: undefined })
        if (this.#ended) break
      }
    } catch (error) {
      this.#inputError = { error }
    }
    this.#ended = true
    this.#wakeReader()
  }

  #room(): Promise<void> {
    return new Promise((resolve) => (this.#wakePump = resolve))
  }

  #unread(): number {
    return this.#options.ordered === false ? this.#out.size + this.#queue.length : this.#queue.length
  }

  async #start(item: Item<I, T>): Promise<void> {
    this.#out.add(item)
    if (this.#options.ordered !== false) this.#queue.push(item)
    for (;;) {
      try {
        const returned: unknown = this.#call(item.input, item.index)
        if (!isRef(returned)) return this.#misused(item, returned)
        item.ref = returned as ObjectRef<T>
        break
      } catch (error) {
        // A full queue is not this input's fault: when one of ours ends there is room again.
        const full = (error as { code?: unknown } | null)?.code === 'OVERLOADED' && this.#out.size > 1
        if (!full) return this.#finish(item, { index: item.index, input: item.input, error: error as MeshError })
        await this.#room()
        if (this.#stopped) return
      }
    }
    void this.#await(item, item.ref)
  }

  /** Not this input's failure but the program's: the loop ends once what was called before is read. */
  #misused(item: Item<I, T>, returned: unknown): void {
    this.#out.delete(item)
    if (this.#options.ordered !== false) this.#queue.pop()
    // Its rejection is nobody's to handle any more.
    if (isThenable(returned)) returned.then(undefined, () => {})
    this.#inputError = { error: noRef(returned) }
    this.#closeInputs()
    this.#ended = true
  }

  async #await(item: Item<I, T>, ref: ObjectRef<T>): Promise<void> {
    const { index, input } = item
    try {
      this.#finish(item, { index, input, value: await ref.get() })
    } catch (error) {
      this.#finish(item, { index, input, error: error as MeshError })
    }
  }

  #finish(item: Item<I, T>, settlement: MapSettlement<I, T>): void {
    if (!this.#out.delete(item)) return
    item.settlement = settlement
    if (this.#options.ordered === false) this.#queue.push(item)
    this.#release(item)
    this.#wakePump()
    this.#wakeReader()
  }

  /** Unless another call gave the same ref and still needs it. */
  #release({ ref }: Item<I, T>): void {
    if (ref === undefined) return
    for (const other of this.#out) if (other.ref === ref) return
    ref[Symbol.dispose]()
  }

  #stop(): void {
    this.#stopped = true
    this.#wakePump()
    for (const item of this.#out) {
      this.#out.delete(item)
      item.ref?.cancel('the loop over map was left').catch(() => {})
      this.#release(item)
    }
    if (!this.#ended) this.#closeInputs()
  }

  #closeInputs(): void {
    void (async () => this.#iterator.return?.())().catch(() => {})
  }
}

function noRef(returned: unknown): MeshError {
  const what = isThenable(returned) ? 'a promise: call without async and await' : kindOf(returned)
  const way = 'the call must return an ObjectRef, as in mesh.map(inputs, (input) => square(input))'
  return new MeshError('INVALID_OPTION', `map: ${way}; it returned ${what}`)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (isHeld(value)) return 'an ObjectStream, which is read with for await'
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`
}
