// The numbered conversation between two lives: a message handed to `send` is recorded over there
// once and in order, over however many links that takes, or the session ends and says what was never
// acknowledged. Each side numbers the sessions it begins; a frame that names an older pair is from a
// conversation that is over. Go-back-N: what arrives out of order is dropped and sent again.

import { broken } from '../model/assert.ts'
import type { Config } from '../model/config.ts'
import type { Instant, LifeId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'
import type { Frame, Message } from '../model/messages.ts'
import { weigh } from '../model/weight.ts'

interface Session {
  readonly life: LifeId
  mine: number
  yours: number
  /** Unacknowledged messages; the first is number `base`. */
  queue: Message[]
  base: number
  /** The next number to write on the standing link. */
  cursor: number
  /** The last message of theirs recorded in order. */
  heard: number
  /** When an acknowledgement must leave on its own; never when none is owed. */
  ackAt: Instant
  resendAt: Instant
  resends: number
}

export interface Received {
  readonly messages: readonly Message[]
  /** What we had said and they have recorded now. */
  readonly taken: readonly Message[]
  /** The other side began anew: everything said before is void, and these were never acknowledged. */
  readonly reset: { readonly lost: readonly Message[] } | null
}

type Header = Pick<Frame, 'mine' | 'yours' | 'ack' | 'seq' | 'messages'>

export class Sessions {
  readonly #config: Config
  readonly #rows = new Map<LifeId, Session>()
  /** The numbers of conversations that ended, so that their late frames are known for what they are. */
  readonly #past = new Map<LifeId, { readonly mine: number; readonly yours: number }>()
  /** Above every number that a buried life may have heard from us: it may yet wake up and remember. */
  #floor = 1

  constructor(config: Config) {
    this.#config = config
  }

  has(life: LifeId): boolean {
    return this.#rows.has(life)
  }

  lives(): IterableIterator<LifeId> {
    return this.#rows.keys()
  }

  /** Begins a conversation. True when it is not certain to be the first with this life. */
  open(life: LifeId): boolean {
    const { mine, yours } = this.#past.get(life) ?? { mine: this.#floor, yours: 0 }
    const row = {
      life,
      mine,
      yours,
      queue: [],
      base: 1,
      cursor: 1,
      heard: 0,
      ackAt: never,
      resendAt: never,
      resends: 0,
    }
    this.#rows.set(life, row)
    return mine > 1
  }

  #row(life: LifeId): Session {
    const row = this.#rows.get(life)
    if (!row) broken(`a session with ${life} is open`)
    return row
  }

  send(life: LifeId, message: Message): void {
    this.#row(life).queue.push(message)
  }

  queued(life: LifeId): number {
    return this.#rows.get(life)?.queue.length ?? 0
  }

  /** A new link stands: everything unacknowledged is written again. */
  relinked(life: LifeId): void {
    const row = this.#rows.get(life)
    if (row) this.#rewind(row)
  }

  /** It was silent and is heard again: what waits for a chance ever further off is written at once. */
  heardAgain(life: LifeId): void {
    const row = this.#rows.get(life)
    if (!row || row.resends === 0) return
    row.resends = 0
    this.#rewind(row)
  }

  #rewind(row: Session): void {
    row.cursor = row.base
    row.resendAt = never
  }

  /** Is there anything that wants to be written? */
  hasNews(life: LifeId, now: Instant): boolean {
    const row = this.#rows.get(life)
    if (!row) return false
    return this.#unsent(row) > 0 || row.ackAt <= now
  }

  #unsent(row: Session): number {
    const end = Math.min(row.base + row.queue.length, row.base + this.#config.sessionWindow)
    return end - row.cursor
  }

  /** The session's part of the next frame. Without a session, an empty one. */
  header(life: LifeId, now: Instant): Header {
    const row = this.#rows.get(life)
    if (!row) return { mine: 0, yours: 0, ack: 0, seq: 0, messages: [] }
    const from = row.cursor - row.base
    const count = this.#countFor(row, from)
    const messages = count === 0 ? [] : row.queue.slice(from, from + count)
    const seq = row.cursor
    row.cursor += count
    row.ackAt = never
    if (count > 0 && row.resendAt === never) row.resendAt = after(now, this.#config.resendMs * 2 ** row.resends)
    return { mine: row.mine, yours: row.yours, ack: row.heard, seq, messages }
  }

  /** How many messages make a frame: at least one, whatever it weighs. */
  #countFor(row: Session, from: number): number {
    const most = Math.min(Math.max(0, this.#unsent(row)), this.#config.messagesPerFrame)
    let bytes = 0
    for (let count = 0; count < most; count++) {
      bytes += weigh(row.queue[from + count] as Message)
      if (bytes >= this.#config.frameBytes) return count + 1
    }
    return most
  }

  /** Takes a frame's session part: what is new in it, in order. The session is open; number 0 says "none yet". */
  receive(frame: Frame, now: Instant): Received {
    const row = this.#row(frame.from)
    if (frame.mine === 0 || frame.mine < row.yours) return { messages: [], taken: [], reset: null }
    let reset: Received['reset'] = null
    if (frame.mine > row.yours) {
      // Not certain to be their first: what we had said may have been recorded in one that they ended.
      if (row.yours > 0 || frame.mine > 1) reset = { lost: this.#restart(row) }
      row.yours = frame.mine
    }
    const first = frame.yours === 0 && row.mine === 1
    if (frame.yours !== row.mine && !first) {
      // They have not heard that we began anew: answer, so that they do.
      row.ackAt = now
      return { messages: [], taken: [], reset }
    }
    const taken = first ? [] : this.#acknowledged(row, frame.ack, now)
    return { messages: this.#record(row, frame, now), taken, reset }
  }

  #acknowledged(row: Session, ack: number, now: Instant): readonly Message[] {
    const count = Math.min(ack - row.base + 1, row.queue.length)
    if (count <= 0) return []
    const taken = count === row.queue.length ? row.queue : row.queue.slice(0, count)
    row.queue = count === row.queue.length ? [] : row.queue.slice(count)
    row.base += count
    row.cursor = Math.max(row.cursor, row.base)
    row.resends = 0
    row.resendAt = row.cursor > row.base ? after(now, this.#config.resendMs) : never
    return taken
  }

  #record(row: Session, frame: Frame, now: Instant): readonly Message[] {
    if (frame.messages.length === 0) return []
    if (row.ackAt === never) row.ackAt = after(now, this.#config.ackMs)
    const skip = row.heard + 1 - frame.seq
    if (skip < 0) {
      row.ackAt = now
      return []
    }
    if (skip >= frame.messages.length) return []
    row.heard = frame.seq + frame.messages.length - 1
    return skip === 0 ? frame.messages : frame.messages.slice(skip)
  }

  #restart(row: Session): Message[] {
    const lost = row.queue
    row.queue = []
    row.base = 1
    row.cursor = 1
    row.heard = 0
    row.ackAt = never
    row.resendAt = never
    row.resends = 0
    return lost
  }

  /** We declared that life over. A later conversation with it gets a higher number. Returns what was never acknowledged. */
  end(life: LifeId): readonly Message[] {
    const row = this.#rows.get(life)
    const { mine, yours } = row ?? this.#past.get(life) ?? { mine: this.#floor, yours: 0 }
    this.#past.set(life, { mine: mine + 1, yours })
    this.#rows.delete(life)
    return row?.queue ?? []
  }

  /** A conversation with that life has ended before. */
  hasEnded(life: LifeId): boolean {
    return this.#past.has(life) && !this.#rows.has(life)
  }

  /** That life will never come back: nothing of it needs remembering. */
  forget(life: LifeId): void {
    this.#rows.delete(life)
    this.#past.delete(life)
  }

  /** That life is not heard of any more. It may have slept, so whatever is begun from now on has a higher number. */
  bury(life: LifeId): void {
    this.#floor = Math.max(this.#floor, this.#past.get(life)?.mine ?? 1)
    this.forget(life)
  }

  /** Unacknowledged for too long on a link that stands: write again from the start. */
  resend(now: Instant): void {
    for (const row of this.#rows.values()) {
      if (row.resendAt > now) continue
      row.resends = Math.min(row.resends + 1, 5)
      this.#rewind(row)
    }
  }

  deadline(linked: (life: LifeId) => boolean): Instant {
    let next: Instant = never
    for (const row of this.#rows.values()) {
      // Most have nothing to wait for: for these nobody's link is looked up.
      if ((row.ackAt >= next && row.resendAt >= next) || !linked(row.life)) continue
      if (row.ackAt < next) next = row.ackAt
      if (row.resendAt < next) next = row.resendAt
    }
    return next
  }

  check(): void {
    for (const row of this.#rows.values()) {
      if (!(row.cursor >= row.base)) broken(`session with ${row.life} is acknowledged in order`)
      if (!(row.cursor <= row.base + row.queue.length)) broken(`session with ${row.life} is sent in order`)
    }
  }
}
