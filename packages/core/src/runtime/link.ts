// One link: a stream to another peer on which both sides first say who they are (version, mesh, key,
// life) and then exchange frames. It ends with a reason whenever what arrives is not what it should
// be, and resets itself when its outbox does not drain. What frames mean is the machine's affair.

import type { Config } from '../model/config.ts'
import type { LifeId, PeerId } from '../model/ids.ts'
import { lifePattern, peerOf } from '../model/ids.ts'
import { protocolVersion } from '../model/messages.ts'
import type { Frame } from '../model/messages.ts'
import { CodecError, decodeFrame, encodeFrame, pack, unpack } from './codec.ts'
import { Deframer, kinds, sendFramed } from './framing.ts'
import type { Admission, ByteStream } from './ports.ts'

export interface LinkEvents {
  opened(link: Link, life: LifeId): void
  received(link: Link, frame: Frame): void
  writable(link: Link, writable: boolean): void
  /** `violation`: the other side sent what no peer of this version sends. */
  closed(link: Link, reason: string, violation: boolean): void
  /** The other side does not want us, and says why in a code. */
  refused(peer: PeerId, code: 'VERSION_MISMATCH' | 'FORBIDDEN', sentence: string): void
}

export interface LinkOptions {
  readonly self: LifeId
  readonly peer: PeerId
  /** Who opened the stream: when two cross, the lower peer id's stays. */
  readonly dialled: boolean
  readonly admission: Admission
  readonly config: Pick<Config, 'maxFrameBytes' | 'stallMs'>
  readonly events: LinkEvents
}

/** Before the other side has said who it is, it may say no more than this. */
const helloLimitBytes = 4_096

export class Link {
  readonly peer: PeerId
  readonly dialled: boolean
  readonly openedAt: number
  life: LifeId | null = null
  readonly #stream: ByteStream
  readonly #options: LinkOptions
  readonly #deframer: Deframer
  #closed = false
  #stall: ReturnType<typeof setTimeout> | undefined

  constructor(stream: ByteStream, options: LinkOptions) {
    this.peer = options.peer
    this.dialled = options.dialled
    this.openedAt = performance.now()
    this.#stream = stream
    this.#options = options
    this.#deframer = new Deframer(helloLimitBytes, (kind, payload) => this.#take(kind, payload))
    stream.onData((bytes) => {
      if (!this.#closed && !this.#deframer.push(bytes)) this.#violate('a frame larger than allowed')
    })
    stream.onDrain(() => this.#drained())
    stream.onClose((error) => this.#end(error ? error.message : 'closed', false))
    this.#hello()
  }

  #hello(): void {
    const { self, admission, peer } = this.#options
    const hello = { version: protocolVersion, mesh: admission.mesh, token: admission.token(peer), life: self }
    sendFramed(this.#stream, kinds.hello, pack(hello))
  }

  send(frame: Frame): void {
    if (this.#closed || this.life === null) return
    if (sendFramed(this.#stream, kinds.frame, encodeFrame(frame))) return
    this.#options.events.writable(this, false)
    this.#stall ??= setTimeout(() => this.close('its outbox did not drain'), this.#options.config.stallMs)
  }

  #drained(): void {
    clearTimeout(this.#stall)
    this.#stall = undefined
    if (!this.#closed && this.life) this.#options.events.writable(this, true)
  }

  #take(kind: number, payload: Uint8Array): void {
    if (this.#closed) return
    try {
      if (kind === kinds.hello && this.life === null) this.#greeted(unpack(payload))
      else if (kind === kinds.bye && this.life === null) this.#dismissed(unpack(payload))
      else if (kind === kinds.frame && this.life !== null)
        this.#options.events.received(this, decodeFrame(payload, this.life, this.#options.self))
      else this.#violate(`a frame of kind ${kind} out of turn`)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      this.#violate(error.message)
    }
  }

  #greeted(hello: unknown): void {
    const { version, mesh, token, life } = (hello ?? {}) as Record<string, unknown>
    if (version !== protocolVersion) {
      return this.#dismiss(
        'VERSION_MISMATCH',
        `this peer speaks protocol ${protocolVersion}, the other ${String(version)}: update the older of the two`,
      )
    }
    const { peer, admission, config, events } = this.#options
    if (typeof mesh !== 'string' || typeof token !== 'string' || !admission.admits(peer, mesh, token)) {
      return this.#dismiss(
        'FORBIDDEN',
        'this mesh has another key: join with the same mesh.key, or found a mesh of your own',
      )
    }
    if (typeof life !== 'string' || life.length > 256 || !lifePattern.test(life) || peerOf(life as LifeId) !== peer) {
      return this.#violate('a hello that names another peer')
    }
    this.life = life as LifeId
    this.#deframer.limitBytes = config.maxFrameBytes
    events.opened(this, this.life)
  }

  #dismiss(code: 'VERSION_MISMATCH' | 'FORBIDDEN', sentence: string): void {
    sendFramed(this.#stream, kinds.bye, pack({ code, sentence }))
    this.#options.events.refused(this.peer, code, sentence)
    this.#stream.close()
    this.#end(sentence, false)
  }

  #dismissed(bye: unknown): void {
    const { code, sentence } = (bye ?? {}) as Record<string, unknown>
    const known = code === 'VERSION_MISMATCH' ? 'VERSION_MISMATCH' : 'FORBIDDEN'
    this.#options.events.refused(
      this.peer,
      known,
      typeof sentence === 'string' ? sentence.slice(0, 500) : 'no reason was given',
    )
    this.close('dismissed')
  }

  #violate(reason: string): void {
    // First the reason, then the end of the stream, which would give one of its own.
    this.#end(reason, true)
    this.#stream.abort(reason)
  }

  close(reason: string): void {
    if (this.#closed) return
    this.#end(reason, false)
    this.#stream.abort(reason)
  }

  #end(reason: string, violation: boolean): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#stall)
    this.#options.events.closed(this, reason, violation)
  }
}
