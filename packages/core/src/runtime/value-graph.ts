// Writes a value that is more than a plain tree as a table of nodes, so that cycles, shared
// references, Maps, errors and refs survive. Breadth first with a list instead of the call stack, so depth has no limit; node
// numbers follow the order of the walk, so equal values give equal tables. Reading back is
// value-rebuild.ts; what a node looks like is written down here.
//
// A node is an array that begins with its tag. A child is a primitive as itself, `[n]` for node n, or
// `[what, data]` for the primitives that MessagePack would bend.

import { type ActorLink, actorBrand, packNote } from '../actor-note.ts'
import { MeshError } from '../errors.ts'
import type { RefLink } from '../model/task.ts'
import { type Kind, kindOf, refBrand, viewTypeOf, viewTypes, whyNot } from './value-kinds.ts'
import { type Step, spell, unserializable } from './value-path.ts'

export const tags = {
  array: 0, // ...children
  sparse: 1, // length, indexes, ...children
  object: 2, // keys, ...children
  map: 3, // key, value, key, value, ...
  set: 4, // ...children
  date: 5, // milliseconds, or null when invalid
  regexp: 6, // source, flags
  error: 7, // class of this language, name, message, stack or null, keys, ...children
  boxed: 8, // child
  buffer: 9, // bytes or part number
  view: 10, // type number, bytes or part number
  ref: 11, // object id
  topRef: 12, // object id
  stream: 13, // object id
  actor: 14, // object id, ...note
} as const

export type Node = readonly [tag: number, ...rest: unknown[]]

/** Binary above this lies beside the head, so that decoding can view it in place. */
const partBytes = 4 * 1024

export interface GraphOptions {
  /** How the value is called in errors. */
  readonly root: string
  /** Called for every ref that is met, with the object that stands for it. */
  readonly onRef: ((ref: object) => void) | undefined
  /** True for argument lists: refs directly in the list are resolved before the task starts. */
  readonly args: boolean
  /** What cannot travel becomes a description of itself. For errors: half of one is better than none. */
  readonly lenient: boolean
}

export interface Graph {
  readonly root: unknown
  readonly nodes: readonly Node[]
  readonly parts: readonly Uint8Array[]
  /** Top-level ones first, in argument order. */
  readonly refs: readonly RefLink[]
}

interface Pending {
  readonly value: object
  readonly kind: Kind
  readonly step: Step | null
  readonly lenient: boolean
}

/** Throws MeshError UNSERIALIZABLE with the path of what cannot travel. */
export function flatten(value: unknown, options: GraphOptions): Graph {
  return new Flattening(options).run(value)
}

/** True when MessagePack carries the string unchanged: no lone surrogates, no leading byte order mark. */
export function isRegular(text: string): boolean {
  return isWellFormed(text) && text.charCodeAt(0) !== 0xfeff
}

const native = (String.prototype as { isWellFormed?: (this: string) => boolean }).isWellFormed
const isWellFormed: (text: string) => boolean =
  native === undefined ? (text) => !/\p{Surrogate}/u.test(text) : (text) => native.call(text)

class Flattening {
  readonly options: GraphOptions
  readonly numbers = new Map<object, number>()
  /** Of refs that are both: an argument, and inside another one. */
  readonly others = new Map<object, number>()
  readonly pending: Pending[] = []
  readonly parts: Uint8Array[] = []
  readonly topRefs: RefLink[] = []
  readonly nestedRefs = new Map<string, RefLink>()

  constructor(options: GraphOptions) {
    this.options = options
  }

  run(value: unknown): Graph {
    const root = this.child(value, null, this.options.lenient)
    const nodes: Node[] = []
    for (let i = 0; i < this.pending.length; i++) nodes.push(this.#guarded(this.pending[i]!))
    return { root, nodes, parts: this.parts, refs: [...this.topRefs, ...this.nestedRefs.values()] }
  }

  child(value: unknown, step: Step | null, lenient: boolean): unknown {
    switch (typeof value) {
      case 'string':
        return isRegular(value) ? value : ['s', codeUnits(value)]
      case 'number':
        return Number.isNaN(value) ? ['nan', 0] : Object.is(value, -0) ? ['-0', 0] : value
      case 'bigint':
        return BigInt.asIntN(64, value) === value ? value : ['n', hex(value)]
      case 'boolean':
      case 'undefined':
        return value
      case 'object':
        return value === null ? null : this.#link(value, step, lenient)
      case 'function':
      case 'symbol':
      default:
        return this.#refuse(value, step, lenient)
    }
  }

  #link(value: object, step: Step | null, lenient: boolean): unknown {
    const numbers = this.#isOther(value, step) ? this.others : this.numbers
    let number = numbers.get(value)
    if (number === undefined) {
      let kind: Kind | undefined
      try {
        kind = kindOf(value)
      } catch (error) {
        throw this.#unreadable(step, error)
      }
      if (kind === undefined) return this.#refuse(value, step, lenient)
      number = this.pending.push({ value, kind, step, lenient: lenient || kind === 'error' }) - 1
      numbers.set(value, number)
    }
    return [number]
  }

  /** A ref that was met before where it gives way to its value, and stays a ref here; or the other way round. */
  #isOther(value: object, step: Step | null): boolean {
    const met = this.pending[this.numbers.get(value) ?? -1]
    return met?.kind === 'ref' && this.#givesWay(value, met.step) !== this.#givesWay(value, step)
  }

  /** Directly in an argument list. A stream has no value that could take its place. */
  #givesWay(ref: object, step: Step | null): boolean {
    return this.options.args && step?.from === null && (ref as { [refBrand]: Branded })[refBrand].isStream !== true
  }

  #refuse(value: unknown, step: Step | null, lenient: boolean): unknown {
    const why = whyNot(value)
    if (!lenient) throw unserializable(spell(this.options.root, step), why)
    return `[${why.slice(3, why.indexOf(';'))}]`
  }

  #unreadable(step: Step | null, error: unknown): Error {
    const what = error instanceof Error ? error.message : String(error)
    return unserializable(
      spell(this.options.root, step),
      `threw when it was read (${what}); pass a plain object`,
      error,
    )
  }

  /** Getters and Proxy traps are the user's code: what they throw names the place. */
  #guarded(pending: Pending): Node {
    try {
      return this.#node(pending)
    } catch (error) {
      if (error instanceof MeshError) throw error
      throw this.#unreadable(pending.step, error)
    }
  }

  #node(pending: Pending): Node {
    const { value, kind } = pending
    switch (kind) {
      case 'array':
        return this.#array(value as unknown[], pending)
      case 'object':
        return this.#object(value as Record<string, unknown>, pending)
      case 'map':
        return this.#map(value as Map<unknown, unknown>, pending)
      case 'set':
        return this.#set(value as Set<unknown>, pending)
      case 'date': {
        const time = Date.prototype.getTime.call(value)
        return [tags.date, Number.isNaN(time) ? null : time]
      }
      case 'regexp':
        return [tags.regexp, this.child((value as RegExp).source, null, true), (value as RegExp).flags]
      case 'error':
        return this.#error(value as Error, pending)
      case 'boxed':
        return [tags.boxed, this.child((value as { valueOf(): unknown }).valueOf(), pending.step, pending.lenient)]
      case 'buffer':
        return [tags.buffer, this.#binary(value as ArrayBuffer, 0, (value as ArrayBuffer).byteLength, pending)]
      case 'view': {
        const view = value as ArrayBufferView<ArrayBuffer>
        const bytes = this.#binary(view.buffer, view.byteOffset, view.byteLength, pending)
        return [tags.view, (viewTypes as readonly string[]).indexOf(viewTypeOf(view)), bytes]
      }
      case 'ref':
        return this.#ref(value, pending.step)
      case 'actor':
        return this.#actor(value)
      default:
        return kind satisfies never
    }
  }

  #array(array: readonly unknown[], { step, lenient }: Pending): Node {
    const node: [number, ...unknown[]] = [tags.array]
    for (let i = 0; i < array.length; i++) {
      const item = array[i]
      if (item === undefined && !(i in array)) return this.#sparse(array, { step, lenient })
      node.push(this.child(item, { from: step, key: i, by: 'property' }, lenient))
    }
    return node
  }

  #sparse(array: readonly unknown[], { step, lenient }: Pick<Pending, 'step' | 'lenient'>): Node {
    const indexes: number[] = []
    for (const key of Object.keys(array)) {
      const index = Number(key)
      if (Number.isInteger(index) && index >= 0 && index < array.length && String(index) === key) indexes.push(index)
    }
    const children = indexes.map((i) => this.child(array[i], { from: step, key: i, by: 'property' }, lenient))
    return [tags.sparse, array.length, indexes, ...children]
  }

  #object(object: Record<string, unknown>, { step, lenient }: Pending): Node {
    const keys = Object.keys(object)
    const node: [number, ...unknown[]] = [tags.object, this.#keys(keys)]
    for (const key of keys) node.push(this.child(object[key], { from: step, key, by: 'property' }, lenient))
    return node
  }

  #keys(keys: readonly string[]): unknown[] {
    return keys.map((key) => this.child(key, null, true))
  }

  #map(map: ReadonlyMap<unknown, unknown>, { step, lenient }: Pending): Node {
    const node: [number, ...unknown[]] = [tags.map]
    let i = 0
    for (const [key, value] of Map.prototype.entries.call(map) as IterableIterator<[unknown, unknown]>) {
      const name = typeof key === 'string' ? JSON.stringify(key) : i
      node.push(this.child(key, { from: step, key: i, by: 'map-key' }, lenient))
      node.push(this.child(value, { from: step, key: name, by: 'map-value' }, lenient))
      i++
    }
    return node
  }

  #set(set: ReadonlySet<unknown>, { step, lenient }: Pending): Node {
    const node: [number, ...unknown[]] = [tags.set]
    let i = 0
    for (const item of Set.prototype.values.call(set) as IterableIterator<unknown>) {
      node.push(this.child(item, { from: step, key: i++, by: 'set' }, lenient))
    }
    return node
  }

  #error(error: Error, { step }: Pending): Node {
    const native = nativeErrors.find((name) => error instanceof globalThis[name]) ?? 'Error'
    const keys = Object.keys(error).filter((key) => key !== 'stack' && key !== 'message' && key !== 'name')
    for (const key of ['cause', 'errors']) if (Object.hasOwn(error, key) && !keys.includes(key)) keys.push(key)
    const values = error as unknown as Record<string, unknown>
    const children = keys.map((key) => this.child(values[key], { from: step, key, by: 'property' }, true))
    const texts = [nameOfError(error), error.message, this.options.lenient ? (error.stack ?? '') : null]
    return [tags.error, native, ...texts.map((text) => this.child(text, null, true)), this.#keys(keys), ...children]
  }

  #binary(buffer: ArrayBufferLike, offset: number, length: number, { step }: Pending): unknown {
    if (typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer) {
      throw unserializable(spell(this.options.root, step), whyNot(buffer))
    }
    let bytes: Uint8Array
    try {
      bytes = new Uint8Array(buffer, offset, length)
    } catch (error) {
      const why = 'is detached: its buffer was transferred elsewhere; pass it before you transfer it, or pass a copy'
      throw unserializable(spell(this.options.root, step), why, error)
    }
    return length > partBytes ? this.parts.push(bytes) - 1 : bytes
  }

  #ref(ref: object, step: Step | null): Node {
    const { object, owner, isStream = false } = (ref as { [refBrand]: Branded })[refBrand]
    this.options.onRef?.(ref)
    const top = this.#givesWay(ref, step)
    if (!top) this.nestedRefs.set(object, { object, owner, top })
    else this.topRefs.push({ object, owner, top })
    return [isStream ? tags.stream : top ? tags.topRef : tags.ref, object]
  }

  /** Also as an argument it is what it is: it has no value that it could be resolved to. */
  #actor(actor: object): Node {
    const { object, owner, note } = (actor as { [actorBrand]: ActorLink })[actorBrand]
    this.options.onRef?.(actor)
    this.nestedRefs.set(object, { object, owner, top: false })
    return [tags.actor, object, ...packNote(note)]
  }
}

/** What a ref says of itself; a stream is held in the same way. */
interface Branded extends Omit<RefLink, 'top'> {
  readonly isStream?: boolean
}

export const nativeErrors = [
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
] as const

/** The name set on the error; when that says nothing, its class's. */
export function nameOfError(error: Error): string {
  const constructor = (error as { constructor?: { name?: unknown } }).constructor?.name
  const generic = error.name === 'Error' || (nativeErrors as readonly string[]).includes(error.name)
  if (generic && typeof constructor === 'string' && constructor !== '') return constructor
  return error.name
}

function codeUnits(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
}

function hex(value: bigint): string {
  return value < 0n ? `-${(-value).toString(16)}` : value.toString(16)
}
