// Values as bytes and back: what structured clone carries, plus refs and handles on actors. Walk first, then encode, so what
// cannot travel is an error at the call with its path. Plain trees go straight to MessagePack; all else
// becomes a table of nodes (value-graph.ts). Equal values give equal bytes: hashes of them are compared,
// so bytes name objects but never their owners; those ride beside them as RefLinks.
//
//   1  MessagePack of a plain tree
//   2  MessagePack of [root, nodes]
//   3  0 0 0, u32 length of the head, head = MessagePack of [root, nodes, sizes], parts at multiples of 8
//
// Unlike structuredClone: class instances are refused instead of flattened; a view takes its own bytes
// along, not its whole buffer, and two views on one buffer become two buffers; a shared or detached buffer is refused; errors keep their
// class's name, own properties, cause and errors, but a stack only when they are an attempt's outcome (stacks
// differ between machines); properties of arrays other than their items are dropped; Blob, File and ImageData are refused; resizable buffers come back
// with a fixed length. Keys of objects keep their order, and other orders are other bytes.

import { Packr, RESERVE_START_SPACE } from 'msgpackr'
import { MeshError } from '../errors.ts'
import type { LifeId, ObjectId } from '../model/ids.ts'
import { limits } from '../model/limits.ts'
import type { RefLink, Writing } from '../model/task.ts'
import { type Graph, type GraphOptions, type Node, flatten, isRegular } from './value-graph.ts'
import { type HandleKind, refBrand } from './value-kinds.ts'
import { rebuild } from './value-rebuild.ts'

export interface Encoded {
  /** Of their own: nobody else has a view on the buffer. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly refs: readonly RefLink[]
}

export interface EncodeOptions {
  /** Called for every ref met, with the ref. */
  readonly onRef?: ((ref: object) => void) | undefined
  /** What the value is called in errors. */
  readonly root?: string | undefined
}

export interface DecodeOptions {
  /** The owners of the refs inside. */
  readonly refs?: readonly RefLink[] | undefined
  /** `kind`: of what stands there. */
  readonly makeRef?: ((link: RefLink, kind: HandleKind) => unknown) | undefined
  /** True: large binary is copied into buffers of its own. False: it is viewed where it lies, so nobody may write to it. Default true. */
  readonly copy?: boolean | undefined
}

const codec = new Packr({ useRecords: false, variableMapSize: true, moreTypes: false })
const noRefs: readonly RefLink[] = []
/** Deeper trees take the other way, which needs no call stack. */
const maxDepth = 100

/** Throws MeshError UNSERIALIZABLE: `value.camera is a Camera; pass a plain object`. */
export function encode(value: unknown, options: EncodeOptions = {}): Encoded {
  if (isPlain(value, maxDepth, new Seen())) {
    const bytes = encodePlain(value)
    if (bytes !== undefined) return { bytes, refs: noRefs }
  }
  const { root = 'value', onRef } = options
  return encodeGraph(value, { root, onRef, args: false, lenient: false })
}

class NamedRef {
  readonly [refBrand]: { readonly object: ObjectId; readonly owner: LifeId }

  constructor(object: ObjectId) {
    this[refBrand] = { object, owner: '' as LifeId }
  }
}

/** Like `encode`, for a list of arguments: refs directly in it are marked `top`. */
export function encodeArgs(args: readonly unknown[], options: Pick<EncodeOptions, 'onRef'> = {}): Encoded {
  if (isPlain(args, maxDepth, new Seen())) {
    const bytes = encodePlain(args)
    if (bytes !== undefined) return { bytes, refs: noRefs }
  }
  return encodeGraph(args, { root: 'args', onRef: options.onRef, args: true, lenient: false })
}

/** How values are written that the machine itself asks about. */
export const writing: Writing = {
  pair: (a, b) => encodeArgs([new NamedRef(a), new NamedRef(b)]).bytes,
  get yes() {
    return encode(true).bytes
  },
}

/** Encodes whatever was thrown, with its stack. Never throws: what cannot travel becomes a description of itself. */
export function encodeError(error: unknown): Uint8Array<ArrayBuffer> {
  const options: GraphOptions = { root: 'error', onRef: undefined, args: false, lenient: true }
  try {
    return encodeGraph(error, options).bytes
  } catch {
    return encodeGraph(new Error('an error that could not be read'), options).bytes
  }
}

/** Throws MeshError INTERNAL when the bytes are not an encoded value, and nothing else. */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  return guarded(bytes, options, noTopRef)
}

function noTopRef(object: ObjectId): never {
  throw new TypeError(`top-level ref ${object} outside an argument list`)
}

/** The application's error, or what could be saved of it. */
export function decodeError(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { makeRef: ({ object }, kind) => inWords(object, kind) })
  } catch (error) {
    return error
  }
}

function inWords(object: ObjectId, kind: HandleKind): string {
  if (typeof kind === 'object') return `[Actor ${kind.label}]`
  return `[${kind === 'stream' ? 'ObjectStream' : 'ObjectRef'} ${object}]`
}

/** `resolve` gives the value of a top-level ref. */
export function decodeArgs(
  bytes: Uint8Array,
  options: DecodeOptions & { readonly resolve: (object: ObjectId) => unknown },
): unknown[] {
  const args = guarded(bytes, options, options.resolve)
  if (!Array.isArray(args)) throw new MeshError('INTERNAL', 'the arguments are not a list')
  return args
}

/** Objects met on a walk. The first costs no Set: most argument lists hold nothing but primitives. */
class Seen {
  #first: object | undefined
  #others: Set<object> | undefined

  /** False when it was there before. */
  add(value: object): boolean {
    if (this.#first === undefined) {
      this.#first = value
      return true
    }
    if (value === this.#first) return false
    this.#others ??= new Set()
    const { size } = this.#others
    return this.#others.add(value).size > size
  }
}

function isPlain(value: unknown, depth: number, seen: Seen): boolean {
  if (typeof value === 'object') return value === null || (depth > 0 && isPlainObject(value, depth, seen))
  if (typeof value === 'number') return value === 0 ? 1 / value > 0 : !Number.isNaN(value)
  if (typeof value === 'string') return isRegular(value)
  return typeof value === 'boolean' || value === undefined
}

/** False for whatever is not certainly plain, also when a trap throws: the other way finds out. */
function isPlainObject(value: object, depth: number, seen: Seen): boolean {
  if (!seen.add(value)) return false
  try {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Array.prototype && Array.isArray(value)) return isPlainArray(value, depth, seen)
    if (prototype !== Object.prototype && prototype !== null) return false
    for (const key of Object.keys(value)) {
      if (key === '__proto__' || !isRegular(key)) return false
      if (!isPlain((value as Record<string, unknown>)[key], depth - 1, seen)) return false
    }
    return true
  } catch {
    return false
  }
}

function isPlainArray(array: readonly unknown[], depth: number, seen: Seen): boolean {
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    if (item === undefined && !(i in array)) return false
    if (!isPlain(item, depth - 1, seen)) return false
  }
  return true
}

/** Undefined when a getter answered differently the second time. */
function encodePlain(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    return pack(value, 1, 1)
  } catch {
    return undefined
  }
}

/** A copy: the codec's own buffer is used again. */
function pack(value: unknown, form: number, head: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(codec.pack(value, RESERVE_START_SPACE | head))
  bytes.fill(0, 0, head)
  bytes[0] = form
  return bytes
}

function encodeGraph(value: unknown, options: GraphOptions): Encoded {
  const graph = flatten(value, options)
  const { root, nodes, parts, refs } = graph
  if (refs.length > limits.listLength) {
    throw new MeshError(
      'UNSERIALIZABLE',
      `the value has ${refs.length} refs inside, and at most ${limits.listLength} can travel together: gather them in steps`,
    )
  }
  return { bytes: parts.length === 0 ? pack([root, nodes], 2, 1) : withParts(graph), refs }
}

function withParts({ root, nodes, parts }: Graph): Uint8Array<ArrayBuffer> {
  const sizes = parts.map((part) => part.byteLength)
  const head = pack([root, nodes, sizes], 3, 8)
  new DataView(head.buffer).setUint32(4, head.byteLength - 8)
  const offsets = partOffsets(head.byteLength, sizes)
  const bytes = new Uint8Array(offsets.at(-1)!)
  bytes.set(head)
  parts.forEach((part, i) => bytes.set(part, offsets[i]))
  return bytes
}

/** Where each part begins, and where the last one ends. */
function partOffsets(headEnd: number, sizes: readonly number[]): number[] {
  const offsets: number[] = []
  let at = align(headEnd)
  for (const size of sizes) {
    offsets.push(at)
    at = align(at + size)
  }
  offsets.push(sizes.length === 0 ? at : offsets.at(-1)! + sizes.at(-1)!)
  return offsets
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8
}

function guarded(bytes: Uint8Array, options: DecodeOptions, resolve: (object: ObjectId) => unknown): unknown {
  try {
    return read(bytes, options, resolve)
  } catch (error) {
    if (error instanceof MeshError && error.code !== 'INTERNAL') throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new MeshError('INTERNAL', `these ${bytes.byteLength} bytes are not an encoded value: ${why}`, {
      cause: error,
    })
  }
}

function read(bytes: Uint8Array, options: DecodeOptions, resolve: (object: ObjectId) => unknown): unknown {
  const form = bytes[0]
  if (form === 1) return codec.unpack(bytes, afterForm)
  if (form !== 2 && form !== 3) throw new TypeError(`unknown form ${form}`)
  const headLength = form === 2 ? bytes.byteLength - 1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(4)
  const start = form === 2 ? 1 : 8
  if (start + headLength > bytes.byteLength) throw new RangeError('the head is cut off')
  const [root, nodes, sizes = []] = codec.unpack(bytes.subarray(start, start + headLength)) as Head
  if (!Array.isArray(nodes) || !nodes.every(Array.isArray)) throw new TypeError('nodes expected')
  const offsets = partOffsets(start + headLength, sizes)
  const { refs = noRefs, makeRef, copy = true } = options
  return rebuild(root, nodes, {
    copy,
    resolve,
    part: (number) => part(bytes, offsets[number], sizes[number]),
    makeRef: (object, kind) => makeRef?.(linkTo(object, refs), kind),
  })
}

const afterForm = { start: 1 }

type Head = [root: unknown, nodes: Node[], sizes?: number[]]

function part(bytes: Uint8Array, offset: number | undefined, size: number | undefined): Uint8Array {
  if (offset === undefined || size === undefined || !(size >= 0) || offset + size > bytes.byteLength) {
    throw new RangeError('a part is missing')
  }
  return bytes.subarray(offset, offset + size)
}

function linkTo(object: ObjectId, refs: readonly RefLink[]): RefLink {
  const at = refs.length > 8 ? -1 : refs.findIndex((link) => link.object === object)
  if (at !== -1) return refs[at]!
  let known = linkMaps.get(refs)
  if (known === undefined) linkMaps.set(refs, (known = new Map(refs.map((link) => [link.object, link]))))
  return known.get(object) ?? unowned(object)
}

const linkMaps = new WeakMap<readonly RefLink[], Map<ObjectId, RefLink>>()

/** A ref whose owner did not come along: it can be named, and asking for it says that nobody answers. */
function unowned(object: ObjectId): RefLink {
  return { object, owner: '' as LifeId, top: false }
}
