// Tells what a value is: plain, a built-in that can be carried, a ref, or something that cannot, and
// then says why and what to do instead. Works across realms (iframes, vm contexts): prototypes of
// this realm are recognised at once, others by their tag and their constructor's name.

import { actorBrand, type ActorNote } from '../actor-note.ts'

/** Under this symbol a ref says which object it stands for. Shared by all copies of this package. */
export const refBrand: unique symbol = Symbol.for('murmuration.ref.1') as never

/** What stands in a value for an object: a ref, a stream, or a handle on an actor, with what a call of it needs. */
export type HandleKind = 'ref' | 'stream' | ActorNote

export type Kind =
  'array' | 'object' | 'map' | 'set' | 'date' | 'regexp' | 'error' | 'boxed' | 'buffer' | 'view' | 'ref' | 'actor'

const kindOfPrototype = new Map<unknown, Kind>([
  [Object.prototype, 'object'],
  [null, 'object'],
  [Array.prototype, 'array'],
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  [Date.prototype, 'date'],
  [RegExp.prototype, 'regexp'],
  [Number.prototype, 'boxed'],
  [String.prototype, 'boxed'],
  [Boolean.prototype, 'boxed'],
  [BigInt.prototype, 'boxed'],
  [ArrayBuffer.prototype, 'buffer'],
])

const kindOfTag: Readonly<Record<string, Kind>> = {
  '[object Object]': 'object',
  '[object Array]': 'array',
  '[object Map]': 'map',
  '[object Set]': 'set',
  '[object Date]': 'date',
  '[object RegExp]': 'regexp',
  '[object Number]': 'boxed',
  '[object String]': 'boxed',
  '[object Boolean]': 'boxed',
  '[object BigInt]': 'boxed',
  '[object ArrayBuffer]': 'buffer',
}

/** The element types that a view can have; their order is part of the format. */
export const viewTypes = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Float16Array',
] as const

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)

/** The real element type of a view, also when a subclass hides it (Node's Buffer is a Uint8Array). */
export function viewTypeOf(view: ArrayBufferView): string {
  return (typedArrayTag?.get?.call(view) as string | undefined) ?? 'DataView'
}

/** What `value` is, or undefined when it cannot be carried. Throws what a Proxy's traps throw. */
export function kindOf(value: object): Kind | undefined {
  if (ArrayBuffer.isView(value)) return viewKind(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  const known = kindOfPrototype.get(prototype)
  if (known !== undefined) return known
  if (refBrand in value) return 'ref'
  if (actorBrand in value) return 'actor'
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Error]' || tag === '[object DOMException]' || value instanceof Error) return 'error'
  const constructor = (prototype as { constructor?: { name?: unknown } }).constructor
  return `[object ${String(constructor?.name)}]` === tag && isBase(prototype, tag) ? kindOfTag[tag] : undefined
}

/** In another realm: Object.prototype has no prototype, the other built-ins have that one. */
function isBase(prototype: unknown, tag: string): boolean {
  const parent: unknown = Object.getPrototypeOf(prototype)
  if (tag === '[object Object]') return parent === null && Object.hasOwn(prototype as object, 'hasOwnProperty')
  return parent !== null && Object.getPrototypeOf(parent) === null
}

function viewKind(view: ArrayBufferView): Kind | undefined {
  const type = viewTypeOf(view)
  const name = view.constructor.name
  return (viewTypes as readonly string[]).includes(type) && (name === type || name === 'Buffer') ? 'view' : undefined
}

const advice: Readonly<Record<string, string>> = {
  Promise: 'await it first',
  Generator: 'collect it into an array',
  AsyncGenerator: 'collect it into an array',
  WeakMap: 'nobody can list what is in it: pass a Map',
  WeakSet: 'nobody can list what is in it: pass a Set',
  WeakRef: 'pass what it points to',
  SharedArrayBuffer: 'memory cannot be shared between peers: pass a copy, new Uint8Array(view)',
  Blob: 'pass new Uint8Array(await blob.arrayBuffer())',
  File: 'pass new Uint8Array(await file.arrayBuffer())',
  ImageData: 'pass its data, width and height',
  URL: 'pass its href',
}

/** A class as it is written, not a function that is used as one. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

/** The rest of the sentence that begins with the value's path. */
export function whyNot(value: unknown): string {
  if (typeof value === 'symbol') return 'is a symbol; pass a string'
  if (typeof value === 'function') {
    return isClass(value)
      ? 'is a class; only data travels: put the class in the task module'
      : 'is a function; only data travels: put the function in the task module and pass its name or its result'
  }
  const name = classOf(value as object)
  const article = /^(?!U(RL|int))[AEIOU]/.test(name) ? 'an' : 'a'
  return `is ${article} ${name}; ${advice[name] ?? 'pass a plain object'}`
}

function classOf(value: object): string {
  try {
    const constructor = (value as { constructor?: { name?: unknown } }).constructor
    const tag = Object.prototype.toString.call(value).slice(8, -1)
    if (tag !== 'Object') return tag
    return typeof constructor?.name === 'string' && constructor.name !== '' ? constructor.name : tag
  } catch {
    return 'Proxy'
  }
}
