// The handle a user holds. Never a thenable, since promises would swallow it; printing one says what it is
// and what to do, and so does calculating with one. No decisions: what it holds is handles.ts.

import { MeshError } from './errors.ts'
import type { Handle } from './handles.ts'
import { type Hold, holdFor } from './hold.ts'
import type { LifeId, ObjectId } from './model/ids.ts'
import { checkOptions, waitRules } from './options.ts'
import { refBrand } from './runtime/value-kinds.ts'
import type { ObjectRef, ObjectState, WaitOptions } from './types.ts'
import { type Late, within } from './within.ts'

const inspect = Symbol.for('nodejs.util.inspect.custom')

/** What refs and streams have in common: a share of a handle. */
export class Held implements Disposable {
  readonly #hold: Hold

  constructor(handle: Handle) {
    this.#hold = holdFor(this, handle)
  }

  get id(): string {
    return this.#hold.handle.object
  }

  get [refBrand](): { readonly object: ObjectId; readonly owner: LifeId; readonly isStream?: true } {
    return this.#hold.handle
  }

  protected get handle(): Handle {
    return this.#hold.handle
  }

  [Symbol.dispose](): void {
    this.#hold.end()
  }

  /** For the verbs: the handle behind it, which must not have been disposed. */
  static handleOf(held: Held): Handle {
    const { handle, isOver } = held.#hold
    if (!isOver) return handle
    const what = held instanceof Ref ? 'ref' : 'stream'
    throw new MeshError('OBJECT_LOST', `this ${what} of ${handle.label} was disposed`, { reason: 'freed' })
  }

  static isHeld(value: unknown): value is Held {
    return typeof value === 'object' && value !== null && #hold in value
  }
}

export class Ref extends Held implements ObjectRef<unknown> {
  declare readonly '~ref': unknown

  async get(options?: WaitOptions): Promise<unknown> {
    if (options !== undefined) checkOptions('ref.get', options, waitRules)
    const handle = handleOf(this)
    handle.retain()
    const watch = handle.watch(true)
    try {
      return handle.open(await (options === undefined ? watch.settled : bounded(watch.settled, handle, options)))
    } catch (error) {
      if (error === handle.broken) handle.read = true
      throw error
    } finally {
      watch.stop()
      handle.drop()
    }
  }

  async durable(options: WaitOptions = {}): Promise<void> {
    checkOptions('ref.durable', options, waitRules)
    const handle = handleOf(this)
    await handle.pending
    if (handle.broken !== undefined) throw handle.broken
    const { settled, stop } = handle.table.port.durable(handle.object, handle.owner)
    try {
      await within(settled, options, () => `${handle.label} has not its copies after ${options.timeoutMs} ms`)
    } finally {
      stop()
    }
  }

  async cancel(reason = 'cancelled'): Promise<void> {
    const handle = handleOf(this)
    await handle.pending
    if (handle.broken !== undefined) return
    await handle.table.port.cancel(handle.object, handle.owner, reason)
  }

  state(): ObjectState {
    return handleOf(this).state
  }

  [inspect](): string {
    return this.handle.describe()
  }

  override toString(): string {
    throw new TypeError(this.handle.describe())
  }

  [Symbol.toPrimitive](): never {
    throw new TypeError(this.handle.describe())
  }

  /** Somebody loops over what was taken for an ordinary function. */
  [Symbol.asyncIterator](): never {
    const { label } = this.handle
    const way = `export async function* ${label.split('.').at(-1)}(…) { yield* … }`
    throw new TypeError(
      `${label} gives one value, not items to loop over; to yield items make it a generator function: ${way}`,
    )
  }

  /** `{}` would say nothing of what is missing. */
  toJSON(): never {
    throw new TypeError(this.handle.describe())
  }
}

export const handleOf = (held: Held): Handle => Held.handleOf(held)
export const isHeld = (value: unknown): value is Held => Held.isHeld(value)
export const isRef = (value: unknown): value is Ref => value instanceof Ref

/** The handles of a list of refs. Throws MeshError INVALID_OPTION naming what is not a ref. */
export function handlesOf(where: string, refs: Iterable<unknown>): Handle[] {
  if (typeof (refs as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== 'function') {
    throw new MeshError('INVALID_OPTION', `${where}: expected a list of refs`)
  }
  return Array.from(refs, (ref, i) => {
    if (isRef(ref)) return handleOf(ref)
    if (isHeld(ref)) {
      const way = 'read it with for await, or take the refs of its items from .refs()'
      throw new MeshError(
        'INVALID_OPTION',
        `${where}: refs[${i}] is an ObjectStream, which has no single value: ${way}`,
      )
    }
    throw new MeshError('INVALID_OPTION', `${where}: refs[${i}] is not an ObjectRef of this mesh`)
  })
}

function bounded<T>(settled: Promise<T>, handle: Handle, options: WaitOptions): Promise<T> {
  return within(settled, options, () => notYet(handle, options))
}

function notYet(handle: Handle, { timeoutMs }: WaitOptions): Late {
  const { why, ...details } = handle.outlook()
  return { ...details, message: `${handle.now()}: no value after ${timeoutMs} ms${why}` }
}
