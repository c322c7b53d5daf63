// What this peer was told and decided, and when: small rows in two rings, one for what goes its usual
// way, one for troubles, which are few and outlive it. Writing a row is a few stores into columns, since
// it is done several times for every task; who asks pays, with a look at every row.

import type { Notice } from '../model/events.ts'
import type { Instant, LifeId } from '../model/ids.ts'

/** What happened. Free text is for what has no word of its own here, such as what becomes of an actor. */
export type StoryEvent =
  // owner
  | 'asked'
  | 'given'
  | 'hedged'
  | 'value'
  | 'failed'
  | 'retried'
  | 'resumed'
  | 'moved'
  | 'ended'
  | 'remade'
  // executor
  | 'started'
  | 'ran'
  | 'threw'
  | 'stopped'
  | 'crashed'
  | 'gave-back'
  // bytes and ledgers
  | 'checkpointed'
  | 'keeps'
  | 'put'
  | 'copied'
  | 'lost'
  | 'guards'
  | 'adopted'
  // peers
  | 'joined'
  | 'suspected'
  | 'died'
  | 'draining'
  | 'left'
  // whatever else: `note` is a sentence
  | 'noted'

/** One thing that happened to a task, an object, an actor or a peer. */
export interface StoryRow {
  readonly at: Instant
  readonly what: StoryEvent
  /** What it happened to. */
  readonly id: string
  /** 0 where there is none. */
  readonly attempt?: number | undefined
  /** The other peer that had to do with it. */
  readonly life?: LifeId | null | undefined
  readonly fn?: string | null | undefined
  /** How long it took. */
  readonly ms?: number | undefined
  /** Of that, until it was given to a peer: then the row stands for having been asked for and given, too. -1: it does not. */
  readonly waitedMs?: number | undefined
  /** In which worker; -1 in none. */
  readonly worker?: number | undefined
  readonly note?: string | null | undefined
}

/** With its place among all rows of this peer. */
export interface KeptRow {
  readonly nth: number
  readonly at: Instant
  readonly what: StoryEvent
  readonly id: string
  readonly attempt: number
  readonly life: LifeId | null
  readonly fn: string | null
  readonly ms: number
  readonly waitedMs: number
  readonly worker: number
  readonly note: string | null
}

export interface StoryLimits {
  readonly storyRows: number
  readonly storyTroubles: number
}

/** What makes a row worth keeping for longer. */
const troubles: ReadonlySet<StoryEvent> = new Set([
  'failed',
  'retried',
  'ended',
  'remade',
  'threw',
  'stopped',
  'crashed',
  'lost',
  'adopted',
  'suspected',
  'died',
])

const peerEvents = { 'peer:joined': 'joined', 'peer:draining': 'draining', 'peer:left': 'left' } as const

export class Story {
  readonly #usual: Ring
  readonly #troubles: Ring
  #count = 0

  constructor({ storyRows, storyTroubles }: StoryLimits) {
    this.#usual = new Ring(storyRows)
    this.#troubles = new Ring(storyTroubles)
  }

  get size(): number {
    return this.#usual.size + this.#troubles.size
  }

  add(row: StoryRow): void {
    const ring = troubles.has(row.what) ? this.#troubles : this.#usual
    ring.add(++this.#count, row)
  }

  /** The same, kept as long as a trouble is. */
  addTrouble(row: StoryRow): void {
    this.#troubles.add(++this.#count, row)
  }

  /** What listeners are told of peers and objects; of tasks their own flows say more. */
  noticed(notice: Notice, at: Instant): void {
    switch (notice.type) {
      case 'peer:joined':
      case 'peer:draining':
      case 'peer:left':
        return this.add({ at, what: peerEvents[notice.type], id: notice.peer })
      case 'peer:suspected':
        return this.add({ at, what: 'suspected', id: notice.peer, note: notice.by })
      case 'peer:died':
        return this.add({ at, what: 'died', id: notice.peer, note: notice.how })
      case 'peer:refused':
        return this.addTrouble({ at, what: 'noted', id: notice.peer, note: `refused: ${notice.reason}` })
      case 'peer:dissented': {
        const note = `gave another result of ${notice.fn} than the majority, ${notice.count} in all`
        return this.addTrouble({ at, what: 'noted', id: notice.peer, note })
      }
      case 'task:conflict':
        return this.addTrouble({ at, what: 'noted', id: notice.task, fn: notice.fn, note: notice.reason })
      case 'actor:restarted': {
        const note = `lives again, as incarnation ${notice.incarnation}: ${notice.reason}`
        return this.addTrouble({ at, what: 'noted', id: notice.task, fn: notice.fn, note })
      }
      case 'object:lost':
        return this.add({ at, what: 'lost', id: notice.object, note: notice.reason })
      case 'peer:unplug':
      case 'task:printed':
      case 'task:stuck':
      case 'task:retried':
      case 'task:hedged':
      case 'object:copied':
      case 'object:rebuilt':
    }
  }

  /** Of one id, or of all; those after the `after`th, oldest first. */
  rows(id: string | null, after = 0): KeptRow[] {
    const found = [...this.#usual.find(id, after), ...this.#troubles.find(id, after)]
    return found.sort((a, b) => a.nth - b.nth)
  }
}

/** Columns of so many rows at most; the oldest is overwritten. They grow as rows come: most peers of a test have few. */
class Ring {
  readonly #limit: number
  readonly #nth: number[] = []
  readonly #at: number[] = []
  readonly #what: StoryEvent[] = []
  readonly #id: string[] = []
  readonly #attempt: number[] = []
  readonly #life: (LifeId | null)[] = []
  readonly #fn: (string | null)[] = []
  readonly #ms: number[] = []
  readonly #waitedMs: number[] = []
  readonly #worker: number[] = []
  readonly #note: (string | null)[] = []
  #next = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#nth.length
  }

  add(nth: number, row: StoryRow): void {
    const place = this.#next
    this.#nth[place] = nth
    this.#at[place] = row.at
    this.#what[place] = row.what
    this.#id[place] = row.id
    this.#attempt[place] = row.attempt ?? 0
    this.#life[place] = row.life ?? null
    this.#fn[place] = row.fn ?? null
    this.#ms[place] = row.ms ?? 0
    this.#waitedMs[place] = row.waitedMs ?? -1
    this.#worker[place] = row.worker ?? -1
    this.#note[place] = row.note ?? null
    this.#next = place + 1 === this.#limit ? 0 : place + 1
  }

  find(id: string | null, after: number): KeptRow[] {
    const found: KeptRow[] = []
    for (let place = 0; place < this.#nth.length; place++) {
      if ((id !== null && this.#id[place] !== id) || (this.#nth[place] as number) <= after) continue
      found.push({
        nth: this.#nth[place] as number,
        at: this.#at[place] as Instant,
        what: this.#what[place] as StoryEvent,
        id: this.#id[place] as string,
        attempt: this.#attempt[place] as number,
        life: this.#life[place] as LifeId | null,
        fn: this.#fn[place] as string | null,
        ms: this.#ms[place] as number,
        waitedMs: this.#waitedMs[place] as number,
        worker: this.#worker[place] as number,
        note: this.#note[place] as string | null,
      })
    }
    return found
  }
}
