// One task must not change what the next one computes with: the language's own objects are frozen before
// the first, and so is what the worker host speaks through. A frozen property of a prototype would also
// keep objects below it from having one of that name (`this.name = …` in an Error's subclass), so those
// that programs are known to give names of their own are made to allow it; the list is that of SES
// (Agoric's Hardened JavaScript), whose idea this is, less what engines need to find plain to be fast: the
// methods and constructors of arrays, maps and promises.

/** Roots: everything that can be reached from them by prototypes and own properties is frozen. */
const names = `
  Object Function Array Number Boolean String Symbol BigInt Math JSON Reflect Proxy Promise Date RegExp
  Map Set WeakMap WeakSet WeakRef FinalizationRegistry Atomics Intl Iterator
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array
  Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array
  parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent
  MessagePort MessageEvent EventTarget Event AbortController AbortSignal TextEncoder TextDecoder URL Blob
  structuredClone queueMicrotask setTimeout clearTimeout performance
`
  .trim()
  .split(/\s+/)

const errors = [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
const errorPrototypes = new Set<unknown>(errors.map((one) => one.prototype))

/** Own properties of prototypes that objects below them may have for themselves; `*`: all. */
const overridable: readonly (readonly [() => unknown, readonly string[] | '*'])[] = [
  [() => Object.prototype, '*'],
  [() => Function.prototype, ['constructor', 'bind', 'toString']],
  [() => Date.prototype, ['constructor', 'toString']],
  ...errors.map((one) => [() => one.prototype, ['constructor', 'toString']] as const),
]

export function freezeIntrinsics(): void {
  for (const [prototypeOf, properties] of overridable) {
    const prototype = prototypeOf() as object
    const own = properties === '*' ? Object.getOwnPropertyNames(prototype) : properties
    for (const property of own) allowOverride(prototype, property)
  }
  const seen = new Set<unknown>()
  for (const root of [...names.map((name) => (globalThis as Record<string, unknown>)[name]), ...hidden()]) {
    freezeAll(root, seen)
  }
  for (const name of names) {
    if (Object.hasOwn(globalThis, name))
      Reflect.defineProperty(globalThis, name, { writable: false, configurable: false })
  }
}

/** Reached by syntax alone. */
function hidden(): unknown[] {
  const samples = [function* () {}, async function* () {}, async () => {}]
  return [...samples.map((sample): unknown => Object.getPrototypeOf(sample)), Object.getPrototypeOf([].values())]
}

function allowOverride(prototype: object, property: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, property)
  if (descriptor?.configurable !== true || !('value' in descriptor)) return
  const value: unknown = descriptor.value
  Object.defineProperty(prototype, property, {
    configurable: false,
    enumerable: descriptor.enumerable ?? false,
    get: () => value,
    set(this: object, own: unknown) {
      if (this === prototype)
        throw new TypeError(`${property} is read only: what all tasks use cannot be changed by one`)
      Object.defineProperty(this, property, { value: own, writable: true, enumerable: true, configurable: true })
    },
  })
}

function freezeAll(root: unknown, seen: Set<unknown>): void {
  const waiting = [root]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if ((typeof next !== 'object' && typeof next !== 'function') || next === null || seen.has(next)) continue
    if (next === globalThis) continue
    seen.add(next)
    if (errorPrototypes.has(next)) freezeButWords(next)
    else Object.freeze(next)
    waiting.push(Object.getPrototypeOf(next))
    for (const key of Reflect.ownKeys(next)) {
      const descriptor = Object.getOwnPropertyDescriptor(next, key)
      if (descriptor && 'value' in descriptor) waiting.push(descriptor.value)
      else if (descriptor) waiting.push(descriptor.get, descriptor.set)
    }
  }
}

/** The name and the message of an error are only words, and the browser tells them of one that nobody caught if they are plain. */
function freezeButWords(prototype: object): void {
  Object.seal(prototype)
  for (const key of Reflect.ownKeys(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key)
    if (key !== 'name' && key !== 'message' && descriptor && 'value' in descriptor)
      Object.defineProperty(prototype, key, { writable: false })
  }
}
