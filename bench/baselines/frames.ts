// Length-prefixed frames over a byte stream, and one write per turn: as little protocol as there can
// be. What the bare pipeline measures is everything below a protocol, so this knows nothing of resends,
// acknowledgements or limits.

import type { ByteStream } from '@murmuration/core/internal'
import { Packr } from 'msgpackr'

const packr = new Packr({ useRecords: false })

export interface Frames<T> {
  /** Leaves with all others of this turn. */
  send(item: T): void
}

export function overFrames<T>(stream: ByteStream, onItems: (items: T[]) => void): Frames<T> {
  let queue: T[] = []
  let scheduled = false
  let stalled = false

  const flush = (): void => {
    scheduled = false
    if (stalled || queue.length === 0) return
    const body = packr.pack(queue)
    queue = []
    const frame = new Uint8Array(4 + body.length)
    new DataView(frame.buffer).setUint32(0, body.length)
    frame.set(body, 4)
    stalled = !stream.send(frame)
  }
  stream.onDrain(() => {
    stalled = false
    flush()
  })
  stream.onClose(() => {})
  stream.onData(readFrames((body) => onItems(packr.unpack(body) as T[])))
  return {
    send(item) {
      queue.push(item)
      if (scheduled) return
      scheduled = true
      setImmediate(flush)
    },
  }
}

/** Cuts a stream's chunks into frames. The bytes handed on are good during the call only. */
function readFrames(onFrame: (body: Uint8Array) => void): (bytes: Uint8Array) => void {
  let rest = new Uint8Array(0)
  return (bytes) => {
    let all = bytes
    if (rest.length > 0) {
      all = new Uint8Array(rest.length + bytes.length)
      all.set(rest)
      all.set(bytes, rest.length)
    }
    let from = 0
    while (all.length - from >= 4) {
      const size = new DataView(all.buffer, all.byteOffset + from, 4).getUint32(0)
      if (all.length - from - 4 < size) break
      onFrame(all.subarray(from + 4, from + 4 + size))
      from += 4 + size
    }
    rest = all.slice(from)
  }
}
