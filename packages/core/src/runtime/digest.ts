// Ids are derived, not drawn: a context that runs again asks for the same ids in any order, and finds
// what was already done. Only contexts that may run again pay for the hash; an unnamed job counts.

import type { ContextId, ObjectId, TaskId } from '../model/ids.ts'
import type { Needs } from '../model/task.ts'
import type { ContextPort } from './context-port.ts'

/** 128 bits, in hex: enough that two never meet by accident. */
const idLength = 32

/** What tells one call from another within a context. */
export interface CallIdentity {
  /** Of the export and all that it reaches, not of its bundle: editing another export changes nothing. */
  readonly digest: string
  readonly args: Uint8Array
  readonly needs: Needs
  readonly key: string
}

const encoder = new TextEncoder()
const scratch = new Uint8Array(16 * 1024)

interface Head extends Pick<CallIdentity, 'digest' | 'needs' | 'key'> {
  readonly bytes: Uint8Array
}

export interface IdSource {
  task(call: CallIdentity): TaskId
  put(hash: string): ObjectId
}

/** Ids for what is asked for in one context. */
export function idSource(port: Pick<ContextPort, 'context' | 'runsAgain' | 'sha256'>): IdSource {
  return port.runsAgain ? new DerivedIds(port) : new CountedIds(port.context)
}

class CountedIds implements IdSource {
  readonly #context: string
  #count = 0

  constructor(context: string) {
    this.#context = context
  }

  task(): TaskId {
    return `${this.#context}.${this.#count++}` as TaskId
  }

  put(): ObjectId {
    return `${this.#context}.p${this.#count++}` as ObjectId
  }
}

class DerivedIds implements IdSource {
  readonly #port: Pick<ContextPort, 'context' | 'sha256'>
  /** How often the same was asked for in this context: the n-th time is a task of its own. */
  readonly #asked = new Map<string, number>()
  /** What comes before the arguments, and whose it is: most calls are of the function that was called before. */
  #head: Head | undefined

  constructor(port: Pick<ContextPort, 'context' | 'sha256'>) {
    this.#port = port
  }

  task(call: CallIdentity): TaskId {
    const head = this.#headOf(call)
    return this.#numbered(this.#hash(head, call.args)) as TaskId
  }

  #headOf({ digest, needs, key }: CallIdentity): Head {
    const last = this.#head
    if (last?.digest === digest && last.needs === needs && last.key === key) return last
    // Why the code needs something names files, which lie elsewhere on another machine.
    const parts = [this.#port.context, digest, sorted({ ...needs, because: undefined }), key]
    return (this.#head = { digest, needs, key, bytes: encoder.encode(`${JSON.stringify(parts)}\n`) })
  }

  /** In one piece where it is small: hashing pieces costs several times as much. */
  #hash({ bytes }: Head, args: Uint8Array): string {
    const length = bytes.byteLength + args.byteLength
    if (length > scratch.byteLength) return this.#port.sha256(bytes, args)
    scratch.set(bytes)
    scratch.set(args, bytes.byteLength)
    return this.#port.sha256(scratch.subarray(0, length))
  }

  put(hash: string): ObjectId {
    return `${this.#numbered(this.#port.sha256(JSON.stringify([this.#port.context, 'put', hash])))}/p` as ObjectId
  }

  #numbered(hash: string): string {
    const id = hash.slice(0, idLength)
    const nth = this.#asked.get(id) ?? 0
    this.#asked.set(id, nth + 1)
    return nth === 0 ? id : `${id}.${nth}`
  }
}

/** Objects with their keys in one order, so that equal needs are equal text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}

/** The id of an unnamed job: short, since every task's id begins with it. 60 random bits of 12 random bytes. */
export function drawnContext(bytes: Uint8Array): ContextId {
  return Array.from(bytes, (byte) => (byte & 31).toString(32)).join('') as ContextId
}
