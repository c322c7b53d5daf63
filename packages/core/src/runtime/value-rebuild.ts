// Reads the table of nodes that value-graph.ts wrote. Two passes: first every node's empty shell, then
// the shells are filled, so cycles need no care. Nothing here trusts the table: whatever is not as
// written down there throws, and values.ts turns that into one error.

import { unpackNote } from '../actor-note.ts'
import { MeshError } from '../errors.ts'
import type { ObjectId } from '../model/ids.ts'
import { type Node, nativeErrors, tags } from './value-graph.ts'
import { type HandleKind, viewTypes } from './value-kinds.ts'

export interface RebuildOptions {
  /** The bytes of part `number`. */
  part(number: number): Uint8Array
  /** True: parts become copies of their own, false: views where they are. */
  readonly copy: boolean
  makeRef(object: ObjectId, kind: HandleKind): unknown
  /** The value of a top-level ref. */
  resolve(object: ObjectId): unknown
}

export function rebuild(root: unknown, nodes: readonly Node[], options: RebuildOptions): unknown {
  const shells = nodes.map((node) => shell(node, nodes, options))
  const child = (value: unknown): unknown => (Array.isArray(value) ? special(value, shells) : value)
  for (let i = 0; i < nodes.length; i++) fill(shells[i], nodes[i]!, child)
  return child(root)
}

function special(value: readonly unknown[], shells: readonly unknown[]): unknown {
  const [what, data] = value
  if (typeof what === 'number') {
    if (!(what in shells)) throw new RangeError(`no node ${what}`)
    return shells[what]
  }
  switch (what) {
    case '-0':
      return -0
    case 'nan':
      return Number.NaN
    case 'n':
      return parseHex(String(data))
    case 's':
      return (data as number[]).map((unit) => String.fromCharCode(unit)).join('')
    default:
      throw new TypeError(`no such child: ${String(what)}`)
  }
}

function shell(node: Node, nodes: readonly Node[], options: RebuildOptions): unknown {
  const [tag, first, second] = node
  switch (tag) {
    case tags.array:
    case tags.sparse:
      return []
    case tags.object:
      return {}
    case tags.map:
      return new Map()
    case tags.set:
      return new Set()
    case tags.date:
      return new Date(first === null ? Number.NaN : (first as number))
    case tags.regexp:
      return new RegExp(special1(first), second as string)
    case tags.error:
      return errorShell(node)
    case tags.boxed:
      return new Object(Array.isArray(first) ? special(first, []) : first)
    case tags.buffer:
      return ownBytes(first, options).buffer
    case tags.view:
      return view(viewTypes[first as number], second, options)
    case tags.ref:
      return options.makeRef(first as ObjectId, 'ref')
    case tags.stream:
      return options.makeRef(first as ObjectId, 'stream')
    case tags.topRef:
      return options.resolve(first as ObjectId)
    case tags.actor:
      return options.makeRef(first as ObjectId, unpackNote(node.slice(2)))
    default:
      throw new TypeError(`no such node: ${String(tag)} of ${nodes.length}`)
  }
}

function special1(value: unknown): string {
  return String(Array.isArray(value) ? special(value, []) : value)
}

function fill(target: unknown, node: Node, child: (value: unknown) => unknown): void {
  switch (node[0]) {
    case tags.array:
      for (let i = 1; i < node.length; i++) (target as unknown[]).push(child(node[i]))
      break
    case tags.sparse:
      fillSparse(target as unknown[], node, child)
      break
    case tags.object:
      fillObject(target as Record<string, unknown>, node, child)
      break
    case tags.map:
      for (let i = 1; i + 1 < node.length; i += 2) {
        ;(target as Map<unknown, unknown>).set(child(node[i]), child(node[i + 1]))
      }
      break
    case tags.set:
      for (let i = 1; i < node.length; i++) (target as Set<unknown>).add(child(node[i]))
      break
    case tags.error:
      fillError(target as Error, node, child)
      break
    default:
  }
}

function fillSparse(target: unknown[], node: Node, child: (value: unknown) => unknown): void {
  const [, length, indexes] = node
  target.length = length as number
  ;(indexes as number[]).forEach((index, i) => {
    target[index] = child(node[i + 3])
  })
}

function fillObject(target: Record<string, unknown>, node: Node, child: (value: unknown) => unknown): void {
  const keys = node[1] as unknown[]
  for (let i = 0; i < keys.length; i++) {
    const key = String(child(keys[i]))
    // A key named __proto__ is data, not a prototype.
    if (key === '__proto__') define(target, key, child(node[i + 2]), true)
    else target[key] = child(node[i + 2])
  }
}

function errorShell(node: Node): Error {
  const [, native, name, message, stack] = node
  const text = special1(message)
  const error = makeError(String(native), special1(name), text)
  if (error.message !== text) define(error, 'message', text, false)
  if (error.name !== special1(name)) define(error, 'name', special1(name), false)
  define(error, 'stack', stack === null ? `${error.name}: ${text}` : special1(stack), false)
  return error
}

function makeError(native: string, name: string, message: string): Error {
  if (name === 'MeshError') return new MeshError('INTERNAL', message)
  const known = nativeErrors.find((one) => one === native)
  if (known === undefined) return new Error(message)
  return known === 'AggregateError' ? new AggregateError([], message) : new globalThis[known](message)
}

function fillError(error: Error, node: Node, child: (value: unknown) => unknown): void {
  const keys = node[5] as unknown[]
  for (let i = 0; i < keys.length; i++) {
    const key = String(child(keys[i]))
    define(error, key, child(node[i + 6]), key !== 'cause' && key !== 'errors')
  }
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}

function view(type: (typeof viewTypes)[number] | undefined, data: unknown, options: RebuildOptions): unknown {
  if (type === undefined) throw new TypeError('no such element type')
  const View = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[type]
  if (View === undefined) throw new TypeError(`this engine has no ${type}`)
  const size = View.BYTES_PER_ELEMENT ?? 1
  const shared = typeof data === 'number' && !options.copy ? options.part(data) : undefined
  const bytes = shared !== undefined && shared.byteOffset % size === 0 ? shared : ownBytes(data, options)
  return new View(bytes.buffer, bytes.byteOffset, bytes.byteLength / size)
}

type ViewConstructor = {
  new (buffer: ArrayBufferLike, offset: number, length: number): unknown
  BYTES_PER_ELEMENT?: number
}

function ownBytes(data: unknown, options: RebuildOptions): Uint8Array<ArrayBuffer> {
  const bytes = typeof data === 'number' ? options.part(data) : data
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes expected')
  return new Uint8Array(bytes)
}

function parseHex(text: string): bigint {
  return text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`)
}
