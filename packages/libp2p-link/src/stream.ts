// One libp2p stream as core's ByteStream: honest backpressure both ways, and one end that is told
// once. It does not use libp2p's own helpers for that: `for await` reads without bound, and a
// `pause()` from inside a resumed delivery would leave the window open. So what arrives while nobody
// reads is kept here, and the muxer is told to stop. Writing is the writer's business; peers and
// protocols are nobody's here.

import type { Stream } from '@libp2p/interface'
import type { ByteStream } from '@murmuration/core/internal'
import { Writer } from './writer.ts'
import type { Turns } from './writer.ts'

export class Libp2pStream implements ByteStream {
  readonly #stream: Stream
  readonly #writer: Writer
  #onData: ((bytes: Uint8Array) => void) | null = null
  #onClose: ((error?: Error) => void) | null = null

  /** Chunks that arrived and that the reader has not taken. */
  #kept: Uint8Array[] = []
  #paused = false
  /** What the muxer was last told; it is told again only outside of its own deliveries. */
  #stopped = false
  #delivering = false
  #resuming = false

  #remoteEnded = false
  #ended = false
  #closed: { readonly error: Error | undefined } | null = null

  /** Call in the same turn in which libp2p hands out the stream: without a listener it buffers 4 MiB, then resets. */
  constructor(stream: Stream, turns: Turns, options: { readonly urgent: boolean }) {
    this.#stream = stream
    this.#writer = new Writer(stream, turns, options.urgent)
    stream.addEventListener('message', ({ data }) => {
      if (data instanceof Uint8Array) this.#arrived(data)
      else for (const chunk of data) this.#arrived(chunk)
      this.#settleReading()
    })
    stream.addEventListener('remoteCloseWrite', () => {
      this.#remoteEnded = true
    })
    stream.addEventListener('end', () => {
      // It also fires within an abort or a reset, where what was unread is lost: 'close' tells.
      if (!this.#remoteEnded || stream.status === 'aborted' || stream.status === 'reset') return
      this.#ended = true
      this.#finishWhenRead()
    })
    stream.addEventListener('close', ({ error }) => {
      // A connection that broke closes its streams without an error and without their end.
      if (error !== undefined) this.#finish(error)
      else if (!this.#remoteEnded) this.#finish(new Error('the connection beneath the stream ended'))
    })
    if (stream.status !== 'open') this.#finish(new Error('the stream was gone before it could be used'))
  }

  send(bytes: Uint8Array): boolean {
    return this.#writer.send(bytes)
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#onData = listener
    queueMicrotask(() => this.#settleReading())
  }

  onDrain(listener: () => void): void {
    this.#writer.onDrain(listener)
  }

  onClose(listener: (error?: Error) => void): void {
    this.#onClose = listener
    const closed = this.#closed
    if (closed !== null) queueMicrotask(() => listener(closed.error))
  }

  pause(): void {
    this.#paused = true
    this.#settleReading()
  }

  resume(): void {
    this.#paused = false
    this.#settleReading()
  }

  close(): void {
    this.#writer.close()
  }

  abort(reason: string): void {
    const error = new Error(reason)
    this.#finish(error)
    this.#stream.abort(error)
  }

  #arrived(chunk: Uint8Array): void {
    if (this.#closed !== null) return
    if (this.#flows && !this.#delivering && this.#kept.length === 0) {
      this.#delivering = true
      try {
        this.#onData?.(chunk)
      } finally {
        this.#delivering = false
      }
    } else this.#kept.push(chunk)
  }

  get #flows(): boolean {
    return this.#onData !== null && !this.#paused
  }

  /** Hands out what was kept, then tells the muxer whether more is wanted. */
  #settleReading(): void {
    if (this.#delivering || this.#closed !== null) return
    this.#deliverKept()
    this.#finishWhenRead()
    if (this.#closed !== null || this.#resuming) return
    if (!this.#flows) this.#stop()
    else if (this.#stopped) this.#start()
  }

  #deliverKept(): void {
    if (!this.#flows || this.#kept.length === 0) return
    const kept = this.#kept
    this.#kept = []
    let next = 0
    this.#delivering = true
    try {
      for (; next < kept.length && this.#flows && this.#closed === null;) this.#onData?.(kept[next++]!)
    } finally {
      this.#delivering = false
      this.#kept = [...kept.slice(next), ...this.#kept]
    }
  }

  #stop(): void {
    if (this.#stopped || this.#ended) return
    this.#stopped = true
    try {
      this.#stream.pause()
    } catch {
      // Its readable side is closing: nothing more will come.
    }
  }

  /** Resuming delivers at once; a reader that pauses inside that delivery is heeded after it. */
  #start(): void {
    this.#stopped = false
    this.#resuming = true
    try {
      this.#stream.resume()
    } catch {
      // Its readable side is closing, or the connection went: 'close' tells.
    } finally {
      this.#resuming = false
    }
    this.#settleReading()
  }

  /** The other side has ended and everything it sent was taken: end ours too, so that both are freed. */
  #finishWhenRead(): void {
    if (!this.#ended || this.#kept.length > 0 || this.#closed !== null || this.#resuming) return
    this.close()
    this.#finish(undefined)
  }

  #finish(error: Error | undefined): void {
    if (this.#closed !== null) return
    this.#closed = { error }
    this.#kept = []
    if (error !== undefined) this.#writer.drop()
    if (this.#onClose !== null) this.#onClose(error)
  }
}
