// `murmur logs`: what tasks printed, by all peers that ran them or asked for them, put on one clock. A line is told
// by two peers at most; it is shown once. With -f it goes on until Ctrl-C, asking for what is new.

import { MeshError, askAll, contextOf, everybody, peerBeneath, printedText } from '@murmuration/core/internal'
import type { InspectRow, LifeId, Mesh, Peer } from '@murmuration/core/internal'
import { setTimeout as passed } from 'node:timers/promises'
import { sha256 } from '../sha256.ts'
import type { Common } from './arguments.ts'
import { observe } from './observer.ts'
import { colours, print } from './table.ts'

export interface LogsOptions extends Common {
  readonly follow?: boolean | undefined
  /** Lines at most, the latest. */
  readonly limit: number
}

interface Line {
  /** By our wall clock. */
  readonly at: number
  readonly row: InspectRow
}

const askMs = 500
/** Lines shown before, at most, by which the same from another peer is known. */
const mostSeen = 20_000

export async function logs(whose: string | undefined, options: LogsOptions): Promise<number> {
  return observe(options, async ({ mesh }) => {
    const peer = peerBeneath(mesh) as Peer
    const reader = new Reader(peer, whose === undefined ? () => true : filterFor(mesh, whose))
    const first = await reader.news()
    if (first.length === 0 && options.follow !== true && whose !== undefined) throw nothing(whose)
    show(first.slice(-options.limit), options)
    if (options.follow !== true) return 0
    const stop = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
    while (!stop.signal.aborted) {
      await passed(askMs, undefined, { signal: stop.signal }).catch(() => {})
      if (!stop.signal.aborted) show(await reader.news(), options)
    }
    return 0
  })
}

function nothing(whose: string): MeshError {
  return new MeshError(
    'NOT_FOUND',
    `nobody remembers a line of ${whose}: expected a peer's name or id, a task's id or how it begins, a function or a job; murmur list shows them. Peers keep the latest 2,000 lines (printedLines)`,
  )
}

/** By peer, task, function or named job, whichever it is. */
function filterFor(mesh: Mesh, whose: string): (row: InspectRow) => boolean {
  const context = contextOf(whose, sha256)
  const ids = new Set(mesh.peers({ all: true }).flatMap(({ id, name }) => (id === whose || name === whose ? [id] : [])))
  return ({ peer, name, task, fn, context: asked }) =>
    ids.has(String(peer)) || name === whose || fn === whose || asked === context || String(task).startsWith(whose)
}

/** What each peer has told so far, and which lines were shown. */
class Reader {
  readonly #peer: Peer
  readonly #fits: (row: InspectRow) => boolean
  readonly #told = new Map<LifeId, number>()
  readonly #seen = new Set<string>()

  constructor(peer: Peer, fits: (row: InspectRow) => boolean) {
    this.#peer = peer
    this.#fits = fits
  }

  async news(): Promise<Line[]> {
    const answers = await Promise.all(
      everybody(this.#peer).map((life) =>
        askAll(this.#peer, [life], { what: 'printed', id: null, after: this.#told.get(life) ?? 0, limit: 10_000 }),
      ),
    )
    const lines = answers.flat().flatMap(({ life, rows, askedAt, answeredAt }) => {
      const wall = Date.now() - performance.now() + (askedAt + answeredAt) / 2
      const last = rows.at(-1)
      if (last) this.#told.set(life, Number(last['nth']))
      return rows
        .filter((row) => this.#fits(row) && this.#isNew(row))
        .map((row) => ({ at: wall - Number(row['agoMs']), row }))
    })
    return lines.sort((a, b) => a.at - b.at)
  }

  #isNew({ line, again }: InspectRow): boolean {
    const key = `${String(line)} ${Number(again)}`
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    if (this.#seen.size > mostSeen) this.#seen.delete([...this.#seen][0] as string)
    return true
  }
}

function show(lines: readonly Line[], { json = false }: LogsOptions): void {
  for (const { at, row } of lines) {
    const { name, peer, task, fn, attempt, level, text, again } = row
    if (json) {
      print(
        JSON.stringify({ at: new Date(at).toISOString(), peer: name, id: peer, task, fn, attempt, level, text, again }),
      )
      continue
    }
    const clock = new Date(at).toTimeString().slice(0, 8)
    const said = printedText({ name: String(name), fn: String(fn), text: String(text), again: Number(again) })
    const colour = level === 'error' ? colours.red : level === 'warn' ? colours.yellow : String
    print(`${colours.dim(clock)}  ${colour(said)}`)
  }
}
