// What the attempts in a worker share: the value of a top-level ref is decoded once and handed to all of them, to be read and not
// written. Of some attempts, in tests of all, it is compared what they were given before and after: who wrote into
// it is found out, and those behind it get what they should. When an attempt runs is not known here.

import { equalBytes } from '../model/equal-bytes.ts'
import type { ObjectId } from '../model/ids.ts'
import { decode, type DecodeOptions, encode } from './values.ts'
import type { Batch, BatchInput } from './worker-messages.ts'

/** Larger ones are compared where all are: to write them out twice takes long. */
const sampledBytes = 16 * 1024 * 1024

interface Kept {
  /** Until it is decoded. */
  bytes: Uint8Array<ArrayBuffer> | undefined
  value: unknown
  readonly size: number
}

/** What an attempt was given, as it was, and as which argument. */
export type Looked = ReadonlyMap<ObjectId, { readonly bytes: Uint8Array; readonly at: number }>

export class SharedInputs {
  readonly #kept = new Map<ObjectId, Kept>()
  /** One attempt in so many is looked at. */
  every = Number.POSITIVE_INFINITY
  #attempts = 0

  take({ objects, forget }: Pick<Batch, 'objects' | 'forget'>): void {
    for (const object of forget) this.#kept.delete(object)
    for (const { object, bytes } of objects) this.#kept.set(object, { bytes, value: undefined, size: bytes.byteLength })
  }

  /** Decoded once per worker and shared, unless there are refs inside: those belong to the attempt. */
  valueOf(
    { object, span, refs }: BatchInput,
    buffer: ArrayBuffer,
    makeRef: NonNullable<DecodeOptions['makeRef']>,
  ): unknown {
    if (span !== null) {
      return decode(new Uint8Array(buffer, span[0], span[1] - span[0]), { refs, makeRef })
    }
    const kept = this.#kept.get(object)
    if (kept === undefined) throw new TypeError(`input ${object} is not in this worker`)
    if (kept.bytes === undefined) return kept.value
    const value = decode(kept.bytes, { refs, makeRef, copy: false })
    if (refs.length > 0) return value
    kept.value = value
    // Views on the bytes keep them alive where there are any.
    kept.bytes = undefined
    return value
  }

  /** What is shared of these arguments at this moment, for `changed`. Null: this attempt is not looked at. */
  look(inputs: readonly BatchInput[], args: readonly unknown[]): Looked | null {
    const shared = inputs.filter(({ span, refs }) => span === null && refs.length === 0)
    if (shared.length === 0 || this.#attempts++ % this.every !== 0) return null
    const looked = new Map<ObjectId, { bytes: Uint8Array; at: number }>()
    for (const { object } of shared) {
      const kept = this.#kept.get(object)
      if (kept === undefined || typeof kept.value !== 'object') continue
      if (this.every > 1 && kept.size > sampledBytes) continue
      const bytes = bytesOf(kept.value)
      if (bytes !== null) looked.set(object, { bytes, at: args.indexOf(kept.value) })
    }
    return looked
  }

  /** The first argument that was written into; all are again as they were. */
  changed(before: Looked): number | null {
    let first: number | null = null
    for (const [object, { bytes, at }] of before) {
      const kept = this.#kept.get(object)
      const now = kept === undefined ? bytes : bytesOf(kept.value)
      if (kept === undefined || (now !== null && equalBytes(now, bytes))) continue
      kept.value = decode(bytes)
      first ??= at
    }
    return first
  }
}

/** Null for what nothing can carry, as what was put into it may be. */
function bytesOf(value: unknown): Uint8Array | null {
  try {
    return encode(value).bytes
  } catch {
    return null
  }
}
