// Attempts as bars on a time line. Peers say what they run at this moment and for how long; from that it tells when
// each began, and when it must have ended: the one that is gone from what its peer says, or whose peer is gone. It
// keeps the last minutes, knows nothing of drawing, and takes every time from its caller.

export interface AttemptRow {
  readonly attempt: string
  readonly task: string
  readonly fn: string
  readonly name: string | null
  readonly state: string
  readonly ms: number
}

export interface Bar {
  readonly id: string
  /** The peer's id. */
  readonly peer: string
  readonly task: string
  readonly fn: string
  readonly name: string | null
  readonly from: number
  /** Null: it runs. */
  to: number | null
  end: 'running' | 'done' | 'lost'
}

const keptMs = 5 * 60_000
const keptBars = 4_000

export class Bars {
  readonly #bars = new Map<string, Bar>()
  /** When its peer was last asked, by peer. */
  readonly #asked = new Map<string, number>()

  /** What a peer runs, as it said at `now`. */
  seen(peer: string, rows: readonly AttemptRow[], now: number): void {
    const running = new Set<string>()
    for (const row of rows) {
      const id = `${row.attempt}@${peer}`
      if (row.state === 'running' && row.ms > 0) {
        running.add(id)
        this.#begin(id, peer, row, now - row.ms)
      } else if (row.state === 'blocked') running.add(id)
      else if (row.state === 'done') this.#over(id, peer, row, now)
    }
    const asked = this.#asked.get(peer) ?? now
    // What began since then took somebody's place.
    const begun = rows.filter(({ state, ms }) => state === 'running' && ms > 0).map(({ ms }) => now - ms)
    const next = Math.min(now, ...begun.filter((from) => from > asked))
    for (const bar of this.#bars.values()) {
      if (bar.peer !== peer || bar.to !== null || running.has(bar.id)) continue
      // Somewhere between the last two answers.
      this.#end(bar, 'done', Math.max(bar.from, Math.min(next, (asked + now) / 2)))
    }
    this.#asked.set(peer, now)
    this.#forget(now)
  }

  /** Whatever it ran ended with it. */
  gone(peer: string, now: number): void {
    for (const bar of this.#bars.values()) if (bar.peer === peer && bar.to === null) this.#end(bar, 'lost', now)
    this.#asked.delete(peer)
  }

  all(): Bar[] {
    return [...this.#bars.values()]
  }

  #begin(id: string, peer: string, { task, fn, name }: AttemptRow, from: number): void {
    if (!this.#bars.has(id)) this.#bars.set(id, { id, peer, task, fn, name, from, to: null, end: 'running' })
  }

  /** It is over, and how long it took is known; also of one that was never seen running. */
  #over(id: string, peer: string, row: AttemptRow, now: number): void {
    this.#begin(id, peer, row, now - row.ms)
    const bar = this.#bars.get(id)
    if (bar?.to === null) this.#end(bar, 'done', bar.from + row.ms)
  }

  #end(bar: Bar, end: Bar['end'], to: number): void {
    bar.end = end
    bar.to = to
  }

  #forget(now: number): void {
    for (const [id, bar] of this.#bars) {
      if (bar.to !== null && (bar.to < now - keptMs || this.#bars.size > keptBars)) this.#bars.delete(id)
    }
  }
}

/** Bars that do not lie over each other, a list per lane: as many lanes as ran at once. */
export function lanes(bars: readonly Bar[]): Bar[][] {
  const found: Bar[][] = []
  for (const bar of [...bars].sort((a, b) => a.from - b.from)) {
    const free = found.find((lane) => (lane.at(-1)?.to ?? Number.POSITIVE_INFINITY) <= bar.from)
    if (free) free.push(bar)
    else found.push([bar])
  }
  return found
}

export interface ChartRow {
  readonly peer: string
  readonly lanes: readonly (readonly Bar[])[]
}

/** A row for each of the peers, in their order, with what lies between the two times. */
export function chartRows(peers: readonly string[], bars: readonly Bar[], from: number): ChartRow[] {
  const visible = bars.filter((bar) => (bar.to ?? Number.POSITIVE_INFINITY) >= from)
  return peers.map((peer) => ({ peer, lanes: lanes(visible.filter((bar) => bar.peer === peer)) }))
}
