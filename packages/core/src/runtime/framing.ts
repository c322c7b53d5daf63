// Frames on a stream of bytes: four bytes of length, one of kind, then the frame. Chunks come as
// they like; a frame is handed on when it is whole. A length above the limit is not waited for.

import type { ByteStream } from './ports.ts'

export const kinds = { hello: 1, frame: 2, bye: 3, revoked: 4 } as const
export type FrameKind = (typeof kinds)[keyof typeof kinds]

const headBytes = 5

/** False when the stream wants to drain first. */
export function sendFramed(stream: ByteStream, kind: FrameKind, payload: Uint8Array): boolean {
  const whole = new Uint8Array(headBytes + payload.length)
  new DataView(whole.buffer).setUint32(0, payload.length)
  whole[4] = kind
  whole.set(payload, headBytes)
  return stream.send(whole)
}

export class Deframer {
  /** Raised once the other side has said who it is. */
  limitBytes: number
  readonly #onFrame: (kind: number, payload: Uint8Array) => void
  #chunks: Uint8Array[] = []
  #bytes = 0
  #need = headBytes

  constructor(limitBytes: number, onFrame: (kind: number, payload: Uint8Array) => void) {
    this.limitBytes = limitBytes
    this.#onFrame = onFrame
  }

  /** Takes a chunk, copied only where it must be kept. False when a frame is larger than allowed. */
  push(chunk: Uint8Array): boolean {
    let rest = chunk
    if (this.#chunks.length > 0) {
      this.#chunks.push(chunk.slice())
      this.#bytes += chunk.length
      if (this.#bytes < this.#need) return true
      rest = concat(this.#chunks, this.#bytes)
      this.#chunks = []
      this.#bytes = 0
    }
    for (;;) {
      if (rest.length < headBytes) break
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0)
      if (length > this.limitBytes) return false
      this.#need = headBytes + length
      if (rest.length < this.#need) break
      this.#onFrame(rest[4] as number, rest.subarray(headBytes, this.#need))
      rest = rest.subarray(this.#need)
      this.#need = headBytes
    }
    if (rest.length > 0) {
      this.#chunks = [rest.slice()]
      this.#bytes = rest.length
    }
    return true
  }
}

/** `bytes`: how many there are in all. */
export function concat(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
