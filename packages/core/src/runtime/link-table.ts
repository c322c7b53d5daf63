// The links of one peer: dialling, taking inbound ones, and settling it when two streams to the same
// life cross: the one that the lower peer id opened stays, so both sides keep the same. Tells the
// machine what stands; never decides whom to dial.

import type { Config } from '../model/config.ts'
import type { PeerEvent } from '../model/events.ts'
import type { LifeId, PeerId } from '../model/ids.ts'
import type { Frame } from '../model/messages.ts'
import type { Role } from '../model/role.ts'
import { Link } from './link.ts'
import type { LinkRefusal } from './link.ts'
import type { ByteStream, Platform } from './ports.ts'
import { DialError } from './ports.ts'

export interface LinkTableOptions {
  readonly self: LifeId
  readonly platform: Pick<Platform, 'transport' | 'admission'>
  readonly config: Config
  readonly post: (event: PeerEvent) => void
  /** `dialled`: by us, who wanted to be there. */
  readonly refused: (peer: PeerId, refusal: LinkRefusal & { readonly dialled: boolean }) => void
}

/** A peer that keeps sending rubbish is not listened to for this long. */
const banMs = 30_000
const violationsBeforeBan = 3
/** A dial that takes longer has failed. */
const dialMs = 5_000

export class LinkTable {
  readonly #options: LinkTableOptions
  readonly #links = new Map<PeerId, Link>()
  readonly #violations = new Map<PeerId, { count: number; until: number }>()
  /** Links without a hello yet, and when that has taken too long. */
  readonly #pending = new Map<Link, ReturnType<typeof setTimeout>>()
  readonly #dials = new Set<AbortController>()
  #closed = false

  constructor(options: LinkTableOptions) {
    this.#options = options
    options.platform.admission.onChange((revocations) => this.#judgeAgain(revocations))
  }

  /** Everybody hears of it, those whom it means too; and they go. */
  #judgeAgain(revocations: readonly string[]): void {
    for (const link of this.#links.values()) link.tellRevoked(revocations)
    for (const link of this.#links.values()) link.judgeAgain()
  }

  accept(peer: PeerId, stream: ByteStream): void {
    if (this.#closed || this.#isBanned(peer)) return stream.abort('refused')
    this.#greet(peer, stream, false)
  }

  #isBanned(peer: PeerId): boolean {
    const record = this.#violations.get(peer)
    if (!record) return false
    if (record.until <= performance.now()) this.#violations.delete(peer)
    return record.count >= violationsBeforeBan && record.until > performance.now()
  }

  /** Opens a link; ends in `linked` or `dial-failed`. */
  async dial(peer: PeerId, addresses: readonly string[]): Promise<void> {
    if (this.#isBanned(peer)) return this.#options.post({ type: 'dial-failed', peer, refused: false })
    const abort = new AbortController()
    this.#dials.add(abort)
    const timer = setTimeout(() => abort.abort(), dialMs)
    try {
      const stream = await this.#options.platform.transport.open('link', peer, addresses, abort.signal)
      if (this.#closed) stream.abort('leaving')
      else this.#greet(peer, stream, true)
    } catch (error) {
      this.#options.post({ type: 'dial-failed', peer, refused: error instanceof DialError && error.refused })
    } finally {
      clearTimeout(timer)
      this.#dials.delete(abort)
    }
  }

  #greet(peer: PeerId, stream: ByteStream, dialled: boolean): void {
    const { self, platform, config, refused } = this.#options
    const link = new Link(stream, {
      self,
      peer,
      dialled,
      admission: platform.admission,
      config,
      events: {
        opened: (opened, life, role) => this.#opened(opened, life, role),
        received: (_link, frame) => this.#options.post({ type: 'received', frame }),
        writable: (one, writable) =>
          this.#links.get(peer) === one && this.#options.post({ type: 'writable', peer, writable }),
        closed: (closed, reason, violation) => this.#closedLink(closed, reason, violation),
        refused: (_link, refusal) => refused(peer, { ...refusal, dialled }),
      },
    })
    // A stream whose other side never says hello is not a link.
    this.#pending.set(
      link,
      setTimeout(() => link.close('no hello'), dialMs),
    )
  }

  #opened(link: Link, life: LifeId, role: Role): void {
    this.#greeted(link)
    const standing = this.#links.get(link.peer)
    if (standing && standing.life === life && !this.#prefers(link, standing))
      return link.close('another link to this peer stands')
    this.#links.set(link.peer, link)
    if (standing) standing.close('another link to this peer stands')
    this.#options.post({ type: 'linked', life, role })
  }

  #greeted(link: Link): void {
    clearTimeout(this.#pending.get(link))
    this.#pending.delete(link)
  }

  /** Crossing dials: both sides keep the stream that the lower id opened. Later, the newer one is the live one. */
  #prefers(link: Link, standing: Link): boolean {
    if (link.openedAt - standing.openedAt > 1_000) return true
    const { self: peer } = this.#options.platform.transport
    const byLower = (one: Link): boolean => one.dialled === peer < one.peer
    return byLower(link) && !byLower(standing)
  }

  #closedLink(link: Link, reason: string, violation: boolean): void {
    this.#greeted(link)
    const { post } = this.#options
    if (violation) this.#violated(link.peer, reason)
    if (link.life === null) {
      if (link.dialled) post({ type: 'dial-failed', peer: link.peer, refused: false })
      return
    }
    if (this.#links.get(link.peer) !== link) return
    this.#links.delete(link.peer)
    post({ type: 'unlinked', life: link.life, reason })
  }

  #violated(peer: PeerId, reason: string): void {
    const record = this.#violations.get(peer) ?? { count: 0, until: 0 }
    this.#violations.set(peer, { count: record.count + 1, until: performance.now() + banMs })
    if (this.#violations.size > 1_000) this.#violations.delete(this.#violations.keys().next().value as PeerId)
    this.#options.post({ type: 'violated', peer, reason })
  }

  send(peer: PeerId, frame: Frame): void {
    const link = this.#links.get(peer)
    if (link?.life === frame.to) link.send(frame)
  }

  hangUp(peer: PeerId, reason: string): void {
    this.#links.get(peer)?.close(reason)
    this.#options.platform.transport.hangUp(peer, reason)
  }

  close(): void {
    this.#closed = true
    for (const abort of this.#dials) abort.abort()
    for (const link of [...this.#links.values(), ...this.#pending.keys()]) link.close('leaving')
  }
}
