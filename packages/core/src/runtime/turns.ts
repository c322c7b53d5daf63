// When a peer thinks: events are queued while a turn runs, one turn takes all that is there, and one timer is set to
// the machine's next deadline. What the machine then asks for is carried out elsewhere (peer.ts).

import type { Effect, Notice, PeerEvent } from '../model/events.ts'
import type { Instant } from '../model/ids.ts'
import { deadline, handle } from '../flows/handle.ts'
import type { PeerState } from '../state/peer-state.ts'
import type { Clock } from './ports.ts'

export interface TurnsOptions {
  readonly state: PeerState
  readonly clock: Clock
  /** The wall clock ran ahead by more than this: the machine slept. */
  readonly sleptMs: number
  /** By more than this, and less than that: leases may have run out. */
  readonly skippedMs: number
  readonly perform: (effect: Exclude<Effect, { type: 'notice' }>) => void
  readonly notify: (notice: Notice) => void
  /** The machine itself broke: no turn follows. */
  readonly broke: (cause: unknown) => void
}

/** With no more tasks than this, asked for and running here together, there is nothing to batch. */
const quietTasks = 4

export class Turns {
  readonly #options: TurnsOptions
  #queue: PeerEvent[] = []
  #scheduled = false
  /** A turn runs: what its effects post is for the next one. */
  #turning = false
  #stopped = false
  /** When the timer that is set wakes us. */
  #wakesAt: number = Number.POSITIVE_INFINITY
  #wallAhead: number

  constructor(options: TurnsOptions) {
    this.#options = options
    const { clock } = options
    this.#wallAhead = clock.wall() - clock.now()
  }

  /** Sets the first timer. */
  begin(): void {
    this.#wake(deadline(this.#options.state))
  }

  stop(): void {
    this.#stopped = true
    this.#options.clock.wakeAt(Number.POSITIVE_INFINITY, () => {})
  }

  /** Queues an event; a turn runs soon and takes all that is there by then. */
  post(event: PeerEvent): void {
    if (this.#stopped) return
    this.#queue.push(event)
    if (this.#scheduled) return
    const { state, clock } = this.#options
    // With little going on a turn runs at once; under load it waits for what is already on its way, so that batches grow.
    const isQuiet = state.tasks.pending + state.executor.size <= quietTasks
    // A frame's even before the transport goes on: it has to acknowledge what it delivered, which costs as much as the turn.
    if (isQuiet && event.type === 'received' && !this.#turning) return this.#turn()
    this.#scheduled = true
    if (isQuiet) queueMicrotask(this.#turn)
    else clock.soon(this.#turn)
  }

  /** The same in a turn of its own, before this returns: where there may be no later. */
  postNow(event: PeerEvent): void {
    if (this.#stopped) return
    this.#queue.push(event)
    if (!this.#turning) this.#turn()
  }

  readonly #turn = (): void => {
    this.#scheduled = false
    if (this.#stopped) return
    this.#turning = true
    try {
      this.#takeTurn()
    } finally {
      this.#turning = false
    }
  }

  #takeTurn(): void {
    const { state, clock, perform, notify, broke } = this.#options
    this.#noticeSleep()
    const events = this.#queue
    this.#queue = []
    let effects: Effect[]
    try {
      effects = handle(state, events, clock.now() as Instant)
    } catch (error) {
      return broke(error)
    }
    for (const effect of effects) if (effect.type !== 'notice') perform(effect)
    // Listeners may ask for more at once: by then what the machine has let go of must be gone.
    for (const effect of effects) if (effect.type === 'notice') notify(effect.notice)
    this.#wake(state.timers.wakeAt)
  }

  /** A timer that is set already and comes first is left alone: a turn too early is harmless, and setting one per turn is not free. */
  #wake(at: number): void {
    if (this.#stopped || at >= this.#wakesAt) return
    this.#wakesAt = at
    this.#options.clock.wakeAt(at, this.#onTime)
  }

  readonly #onTime = (): void => {
    this.#wakesAt = Number.POSITIVE_INFINITY
    this.#turn()
  }

  /** The wall clock ran ahead of the monotonic one: the machine slept. The turn that begins takes that first. */
  #noticeSleep(): void {
    const { clock, sleptMs, skippedMs } = this.#options
    const ahead = clock.wall() - clock.now()
    const missed = ahead - this.#wallAhead
    if (missed > sleptMs) this.#queue.unshift({ type: 'slept' })
    else if (missed > skippedMs) this.#queue.unshift({ type: 'skipped' })
    this.#wallAhead = ahead
  }
}
