// Looks at the mesh from a peer: asks everybody what they run, keep and know, again and again, and hears what
// happens in between. Often while there is work, rarely when there is none, and hardly at all when nobody looks. It
// gathers; what is made of the answers is in sight/.

import type { InspectRow, LifeId, Notice, Peer, Query } from '@murmuration/core/internal'
import { peerOf } from '@murmuration/core/internal'
import { Bars, type AttemptRow } from './sight/bars.ts'
import { withNotice } from './sight/sentences.ts'
import { type Answer, isOver, linksIn, nothingSeen, objectsIn, peersIn, type Sight } from './sight/sight.ts'

const noticeTypes = [
  'peer:joined',
  'peer:suspected',
  'peer:died',
  'peer:draining',
  'peer:left',
  'peer:unplug',
  'task:retried',
  'task:hedged',
  'task:conflict',
  'object:rebuilt',
  'object:copied',
  'object:lost',
] as const

const busyMs = 400
const idleMs = 2_000
const hiddenMs = 10_000

export class Watch {
  readonly #peer: Peer
  readonly #changed: (sight: Sight) => void
  readonly #bars = new Bars()
  readonly #stop = new AbortController()
  #sight = nothingSeen
  #timer: ReturnType<typeof setTimeout> | undefined
  #rounds = 0

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

  async ask(query: Query): Promise<Answer[]> {
    const { peer, members } = this.#peer.state
    const others = members.others().filter(({ state }) => state === 'alive' || state === 'draining')
    const answers: Answer[] = [{ from: peer, rows: this.#peer.inspectHere(query) }]
    await Promise.all(
      others.map(async ({ life }) => {
        const rows = await this.#peer.inspect(life, query).catch(() => null)
        if (rows !== null) answers.push({ from: peerOf(life), rows })
      }),
    )
    return answers
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#stop.abort()
  }

  #heard(notice: Notice): void {
    if (notice.type === 'peer:died' || notice.type === 'peer:left') this.#bars.gone(notice.peer, Date.now())
    this.#tell({ lines: withNotice(this.#sight.lines, notice, Date.now()), bars: this.#bars.all() })
    // Who is here has changed.
    if (notice.type.startsWith('peer:')) this.#tellMembers([])
  }

  /** Before anybody else has answered, this peer's own view counts. */
  #tellMembers(answers: readonly Answer[]): void {
    const here = { from: this.#peer.state.peer, rows: this.#peer.inspectHere(query('members')) }
    const all = answers.length > 0 ? answers : [here]
    const peers = peersIn(all, this.#peer.state.peer)
    const links = linksIn(all, peers)
    this.#tell(answers.length > 0 ? { peers, links } : { peers })
  }

  #tell(change: Partial<Sight>): void {
    this.#sight = { ...this.#sight, ...change }
    this.#changed(this.#sight)
  }

  async #look(): Promise<void> {
    const [members, attempts] = await Promise.all([this.ask(query('members')), this.ask(query('attempts'))])
    const now = Date.now()
    for (const { from, rows } of attempts) this.#bars.seen(from, rows as unknown as AttemptRow[], now)
    this.#tellMembers(members)
    const isBusy = attempts.some(({ rows }) => rows.length > 0)
    // Objects change slowly, and there may be many.
    const objects = this.#rounds++ % 3 === 0 ? await this.ask(query('objects', 300)) : null
    const pending = attempts.reduce((sum, { rows }) => sum + rows.filter(isUnderWay).length, 0)
    this.#tell({ bars: this.#bars.all(), pending, ...(objects !== null && { objects: objectsIn(objects) }) })
    if (this.#stop.signal.aborted) return
    const waitMs = document.hidden ? hiddenMs : isBusy ? busyMs : idleMs
    this.#timer = setTimeout(() => void this.#look(), waitMs)
  }
}

function isUnderWay({ state }: InspectRow): boolean {
  return state !== 'done'
}

function query(what: Query['what'], limit = 1_000): Query {
  return { what, id: null, limit }
}
