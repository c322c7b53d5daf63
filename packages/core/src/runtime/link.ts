// One link: a stream to another peer on which both sides first say who they are (version, life, right to
// be here) and then exchange frames. Who dialled speaks first: to a stranger nothing is said. It ends with
// a reason whenever what arrives is not what it should be, when the other side's right ends, and resets
// itself when its outbox does not drain. What frames mean is the machine's affair.

import type { Config } from '../model/config.ts'
import type { LifeId, PeerId } from '../model/ids.ts'
import { lifePattern, peerOf } from '../model/ids.ts'
import { limits } from '../model/limits.ts'
import { protocolVersion } from '../model/messages.ts'
import type { Frame } from '../model/messages.ts'
import type { Role } from '../model/role.ts'
import type { Admission, Credentials } from '../trust/admission.ts'
import { CodecError, decodeFrame, encodeFrame, pack, unpack } from './codec.ts'
import { Deframer, kinds, sendFramed } from './framing.ts'
import type { ByteStream } from './ports.ts'

export interface LinkEvents {
  opened(link: Link, life: LifeId, role: Role): void
  received(link: Link, frame: Frame): void
  writable(link: Link, writable: boolean): void
  /** `violation`: the other side sent what no peer of this version sends. */
  closed(link: Link, reason: string, violation: boolean): void
  /** One side does not want the other, or not any more, and says why. */
  refused(link: Link, refusal: LinkRefusal): void
}

export interface LinkRefusal {
  readonly code: 'VERSION_MISMATCH' | 'FORBIDDEN' | 'INVITE_INVALID'
  readonly sentence: string
  readonly by: 'us' | 'them'
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

/** Of setTimeout: past it, it fires at once. */
const longestTimerMs = 2 ** 31 - 1

export class Link {
  readonly peer: PeerId
  readonly dialled: boolean
  readonly openedAt: number
  life: LifeId | null = null
  /** What the other side showed, to be looked at again. */
  #pass: string | null = null
  #ends: ReturnType<typeof setTimeout> | undefined
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
    if (this.dialled) this.#hello(options.admission.credentials(options.peer))
  }

  #hello(credentials: Credentials): void {
    sendFramed(this.#stream, kinds.hello, pack({ version: protocolVersion, life: this.#options.self, ...credentials }))
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
      else if (kind === kinds.bye) this.#dismissed(unpack(payload))
      else if (kind === kinds.revoked && this.life !== null) this.#learn(unpack(payload))
      else if (kind === kinds.frame && this.life !== null)
        this.#options.events.received(this, decodeFrame(payload, this.life, this.#options.self))
      else this.#violate(`a frame of kind ${kind} out of turn`)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      this.#violate(error.message)
    }
  }

  #greeted(hello: unknown): void {
    const { version, life, ...shown } = (hello ?? {}) as Record<string, unknown>
    if (version !== protocolVersion) {
      return this.#dismiss(
        'VERSION_MISMATCH',
        `this peer speaks protocol ${protocolVersion}, the other ${String(version)}: update the older of the two`,
      )
    }
    const { peer, admission, config, events } = this.#options
    const verdict = admission.judge(peer, shown)
    if (!verdict.admitted) return this.#dismiss(verdict.code, verdict.sentence)
    const { role, issued } = verdict
    if (typeof life !== 'string' || life.length > 256 || !lifePattern.test(life) || peerOf(life as LifeId) !== peer) {
      return this.#violate('a hello that names another peer')
    }
    this.life = life as LifeId
    this.#pass = issued ?? (shown['pass'] as string)
    this.#deframer.limitBytes = config.maxFrameBytes
    if (!this.dialled) this.#hello({ pass: admission.pass, issued })
    this.#watchEnd(verdict.until)
    events.opened(this, this.life, role)
    this.tellRevoked(admission.revocations)
  }

  /** A pass ends while its link stands. */
  #watchEnd(until: number): void {
    clearTimeout(this.#ends)
    if (until === Number.POSITIVE_INFINITY) return
    this.#ends = setTimeout(() => this.judgeAgain(), Math.min(until - Date.now(), longestTimerMs))
  }

  /** Something that was judged may be otherwise by now. */
  judgeAgain(): void {
    if (this.#closed || this.life === null) return
    const verdict = this.#options.admission.judge(this.peer, { pass: this.#pass })
    if (verdict.admitted) this.#watchEnd(verdict.until)
    else this.#dismiss(verdict.code, verdict.sentence)
  }

  /** Statements that the other side may not know. */
  tellRevoked(revocations: readonly string[]): void {
    if (this.#closed || this.life === null || revocations.length === 0) return
    sendFramed(this.#stream, kinds.revoked, pack(revocations))
  }

  #learn(told: unknown): void {
    if (!Array.isArray(told) || !told.every((one) => typeof one === 'string' && one.length <= limits.lineLength))
      return this.#violate('revocations that are none')
    this.#options.admission.learn(told as string[])
  }

  #dismiss(code: LinkRefusal['code'], sentence: string): void {
    this.#options.events.refused(this, { code, sentence, by: 'us' })
    // First the reason, then the end of the stream, which would give one of its own.
    this.#end(sentence, false)
    sendFramed(this.#stream, kinds.bye, pack({ code, sentence }))
    this.#stream.close()
  }

  #dismissed(bye: unknown): void {
    const { code, sentence } = (bye ?? {}) as Record<string, unknown>
    const known = code === 'VERSION_MISMATCH' || code === 'INVITE_INVALID' ? code : 'FORBIDDEN'
    const said = typeof sentence === 'string' ? sentence.slice(0, 500) : 'no reason was given'
    this.#options.events.refused(this, { code: known, sentence: said, by: 'them' })
    this.close(said)
  }

  #violate(reason: string): void {
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
    clearTimeout(this.#ends)
    this.#options.events.closed(this, reason, violation)
  }
}
