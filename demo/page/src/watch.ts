// Looks at the mesh from a peer: asks everybody what they run, keep and know, again and again, and hears what
// happens in between. Often while there is work; rarely, and mostly a few of them, when there is none; hardly at all
// when nobody looks. It gathers; what is made of the answers is in sight/.

import type { InspectRow, LifeId, Member, Notice, Peer, Query } from '@murmuration/core/internal'
import { peerOf } from '@murmuration/core/internal'
import { Bars, type AttemptRow } from './sight/bars.ts'
import { withNotice } from './sight/sentences.ts'
import { nothingSeen } from './sight/nothing.ts'
import { type Answer, isOver, linksIn, objectsIn, peersIn, type Sight } from './sight/sight.ts'

const noticeTypes = [
  'peer:joined',
  'peer:suspected',
  'peer:died',
  'peer:draining',
  'peer:left',
  'peer:refused',
  'peer:dissented',
  'peer:unplug',
  'task:retried',
  'task:hedged',
  'task:conflict',
  'object:rebuilt',
  'object:copied',
  'object:lost',
] as const

const busyMs = 400
const idleMs = 3_000
const hiddenMs = 10_000
const answerMs = 1_500
/** Of so many looks one asks for everything. */
const wholeEvery = 3
/** Of so many others one is asked in a look at rest. */
const fewShare = 4

export class Watch {
  readonly #peer: Peer
  readonly #changed: (sight: Sight) => void
  readonly #bars = new Bars()
  readonly #stop = new AbortController()
  #sight = nothingSeen
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #waiting: (() => void)[] = []
  #rounds = 0
  /** Whether anything ran when it looked last. */
  #isBusy = false
  #answers: readonly Answer[] = []

  /** `changed` is called with every new sight. */
  constructor(peer: Peer, changed: (sight: Sight) => void) {
    this.#peer = peer
    this.#changed = changed
    for (const type of noticeTypes)
      peer.events.addEventListener(type, (event) => this.#heard((event as CustomEvent<Notice>).detail), {
        signal: this.#stop.signal,
      })
    void this.#look()
  }

  get sight(): Sight {
    return this.#sight
  }

  /** The lives of those that are here. */
  lives(): LifeId[] {
    return [...this.#peer.state.members.all()].filter(({ state }) => !isOver(state)).map(({ life }) => life)
  }

  async ask(query: Query, others = this.#others()): Promise<Answer[]> {
    const answers: Answer[] = [{ from: this.#peer.state.peer, rows: this.#peer.inspectHere(query) }]
    await Promise.all(
      others.map(async ({ life }) => {
        const rows = await inTime(this.#peer.inspect(life, query))
        if (rows !== null) answers.push({ from: peerOf(life), rows })
      }),
    )
    return answers
  }

  #others(): Member[] {
    const { members, links } = this.#peer.state
    return members
      .others()
      .filter(({ state, life }) => (state === 'alive' || state === 'draining') && links.stands(life))
  }

  /** A few by turns, and whoever was heard to have work: a job that begins runs on many, and where it does all are asked. */
  #fewOthers(): Member[] {
    const turn = this.#rounds % fewShare
    return this.#others().filter((member, nth) => nth % fewShare === turn || hasWork(member))
  }

  /** Resolves when everybody is asked for everything: what is asked then costs nobody a frame of its own. */
  nextLook(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
  }

  #heard(notice: Notice): void {
    if (notice.type === 'peer:died' || notice.type === 'peer:left') this.#bars.gone(notice.peer, Date.now())
    this.#tell({ lines: withNotice(this.#sight.lines, notice, Date.now()), bars: this.#bars.all() })
    if (!notice.type.startsWith('peer:')) return
    // Who is here has changed, and with that who is linked to whom: the next look asks for everything.
    this.#rounds = 0
    this.#tellMembers(this.#answers)
  }

  /** What others said last, with this peer's own view as it is now. */
  #tellMembers(answers: readonly Answer[]): void {
    const self = this.#peer.state.peer
    const here = { from: self, rows: this.#peer.inspectHere(query('members')) }
    this.#answers = [here, ...answers.filter(({ from }) => from !== self)]
    const peers = peersIn(this.#answers, self)
    this.#tell({ peers, links: linksIn(this.#answers, peers) })
  }

  #tell(change: Partial<Sight>): void {
    this.#sight = { ...this.#sight, ...change }
    this.#changed(this.#sight)
  }

  async #look(): Promise<void> {
    // While nothing runs it is news that tells who comes and goes; what else becomes of peers may wait for the next whole look.
    // Objects change slowly, and there may be many.
    const isWhole = this.#rounds++ % wholeEvery === 0
    const isOfAll = isWhole || this.#isBusy
    if (isWhole) for (const begin of this.#waiting.splice(0)) begin()
    // Asked at once, each peer has them in one frame and answers in one.
    const [members, attempts, objects] = await Promise.all([
      isOfAll ? this.ask(query('members')) : null,
      this.ask(query('attempts'), isOfAll ? this.#others() : this.#fewOthers()),
      isWhole ? this.ask(query('objects', 300)) : null,
    ])
    const now = Date.now()
    for (const { from, rows } of attempts) this.#bars.seen(from, rows as unknown as AttemptRow[], now)
    this.#isBusy = attempts.some(({ rows }) => rows.length > 0)
    if (members !== null) this.#tellMembers(members)
    const pending = attempts.reduce((sum, { rows }) => sum + rows.filter(isUnderWay).length, 0)
    this.#tell({ bars: this.#bars.all(), pending, ...(objects !== null && { objects: objectsIn(objects) }) })
    if (this.#stop.signal.aborted) return
    const waitMs = document.hidden ? hiddenMs : this.#isBusy ? busyMs : idleMs
    this.#timer = setTimeout(() => void this.#look(), waitMs)
  }
}

/** Null for an answer that does not come: one that is slow must not hold up the others. */
function inTime<T>(answer: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), answerMs)
    answer.then(resolve, () => resolve(null)).finally(() => clearTimeout(timer))
  })
}

function hasWork({ load, profile }: Member): boolean {
  return load !== null && (load.queued > 0 || load.free < (profile?.slots ?? 0))
}

function isUnderWay({ state }: InspectRow): boolean {
  return state !== 'done'
}

function query(what: Query['what'], limit = 1_000): Query {
  return { what, id: null, limit }
}
