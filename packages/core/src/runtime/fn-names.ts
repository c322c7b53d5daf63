// The names a function given to `mesh.fn` may use without bringing them along: what every worker
// has, what only one kind of peer has, and what build tools put into functions behind the user's
// back. Lists, no analysis: fn-source.ts decides what to do about each.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** ECMAScript's own, and the web platform's part that Node 20 and dedicated workers share. */
export const everywhere = words(`
  undefined NaN Infinity globalThis
  Object Function Boolean Symbol Number BigInt Math Date String RegExp Array Map Set WeakMap WeakSet WeakRef
  FinalizationRegistry JSON Atomics Reflect Proxy Promise Intl WebAssembly
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError
  ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
  Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array
  parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape
  console crypto performance queueMicrotask structuredClone atob btoa fetch
  setTimeout clearTimeout setInterval clearInterval
  AbortController AbortSignal Blob File FormData Headers Request Response URL URLSearchParams
  TextEncoder TextDecoder TextEncoderStream TextDecoderStream CompressionStream DecompressionStream
  ReadableStream WritableStream TransformStream ByteLengthQueuingStrategy CountQueuingStrategy
  ReadableStreamDefaultReader ReadableStreamBYOBReader WritableStreamDefaultWriter
  Event EventTarget CustomEvent MessageEvent MessageChannel MessagePort BroadcastChannel DOMException
  Crypto CryptoKey SubtleCrypto Performance PerformanceEntry PerformanceObserver
`)

/** A function that uses one of these without a `typeof` test runs on Node peers only. */
export const onlyNode = words('process Buffer setImmediate clearImmediate global')

/** The same for browsers: what a dedicated worker has and Node 20 has not. */
export const onlyBrowser = words(`
  self navigator location OffscreenCanvas OffscreenCanvasRenderingContext2D ImageData ImageBitmap createImageBitmap
  Path2D FileReader FileReaderSync FontFace WebSocket XMLHttpRequest requestAnimationFrame cancelAnimationFrame
  GPU VideoDecoder VideoEncoder VideoFrame AudioData AudioDecoder AudioEncoder ImageDecoder
`)

/** On the page's own thread alone: no worker has them. */
export const onlyPage = words(`
  window document alert confirm prompt localStorage sessionStorage history screen customElements
  Image Audio HTMLElement Element Node getComputedStyle matchMedia MutationObserver ResizeObserver AudioContext
`)

/** Names whose way out is another than `{ constants }`. */
export const hints: Readonly<Record<string, string>> = {
  task: "inside a task module write import { task } from 'murmuration/task'",
  mesh: 'a running task has the same verbs as task.mesh, in a task module',
  require: "write await import('node:...') for what Node brings, or move the function to a task module",
  __filename: 'the file is not there on the other peer',
  __dirname: 'the directory is not there on the other peer',
  eval: 'what it would use cannot be checked; move the function to a task module',
  Iterator: 'peers on Node 20 do not have it',
  arguments: 'an arrow function has none of its own; take (...args) instead',
}

/** The global that was meant, when the name is one slip away from it. */
export function slipOf(name: string): string | undefined {
  for (const known of [...everywhere, ...onlyNode]) {
    if (name.toLowerCase() === known.toLowerCase()) return known
    if (name.length > 3 && isOneSlip(name, known)) return known
  }
  return undefined
}

/** Two letters swapped; in longer names also one more, less or other. */
function isOneSlip(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  let end = 0
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  if (x.length === 2 && y.length === 2) return x[0] === y[1] && x[1] === y[0]
  return a.length > 4 && x.length <= 1 && y.length <= 1
}

/** How bundlers and test runners spell an import inside a function: `__vi_import_0__.chunk`, `lodash_1.chunk`, … */
const importObjects =
  /^(__vite_ssr_import_\d+__|__vi_import_\d+__|import_\w+|_?\w+_1|\w+__WEBPACK_\w+|__WEBPACK_\w+|__TURBOPACK_\w+)$/

/** True for a variable that a tool made to stand for an imported module. */
export function standsForImport(name: string): boolean {
  return importObjects.test(name)
}

/** Helpers that a compiler calls for syntax above its target. */
const lowered =
  /^(__(awaiter|generator|asyncGenerator|asyncValues|asyncDelegator|await|values|read|rest|assign|spread\w*|makeTemplateObject|extends|decorate|classPrivateField\w*|addDisposableResource|disposeResources|async|forAwait|objRest|publicField|private\w+|using|callDispose|pow|yieldStar|template)|_asyncToGenerator|_wrapAsyncGenerator|_objectSpread\w*|_objectWithoutProperties|_toConsumableArray|_slicedToArray|_defineProperty|_classPrivate\w+|_?regeneratorRuntime|_regenerator|tslib_\d+)$/

/** True for a helper that means the build target is older than the mesh's (ES2022). */
export function meansOldTarget(name: string): boolean {
  return lowered.test(name)
}

/** True for the counter object of a coverage tool (istanbul). */
function countsCoverage(name: string): boolean {
  return /^(cov_\w+|__cov_\w+|__coverage__)$/.test(name)
}

const counterSource =
  'new Proxy(function(){},{get:(_,key)=>key===Symbol.toPrimitive?()=>0:COUNTER,apply:()=>COUNTER,set:()=>true})'

/** Source that declares what a tool expects to find, or null when the name is no such thing. */
export function suppliedByUs(name: string): string | null {
  if (name === '__name') {
    return 'const __name=(f,value)=>Object.defineProperty(f,"name",{value,configurable:true});'
  }
  if (name === '__vite_ssr_dynamic_import__' || name === '__vi_dynamic_import__') {
    return `const ${name}=(specifier)=>import(specifier);`
  }
  if (countsCoverage(name)) return `const ${name}=${counterSource.replaceAll('COUNTER', name)};`
  return null
}
