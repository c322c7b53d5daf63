// The dragon on the mesh, as a page sees it: asks for it under a name as a job that goes on without the page, and
// shows any such job, whoever asked for it, from what its owner tells of it. Values are read as they are done, a
// few at a time; they are let go once they are drawn.

import { createScope, jobInfo, peerOf } from '@murmuration/core/internal'
import type { CodePort, InspectRow, LifeId, ObjectId, OpenScope, Peer } from '@murmuration/core/internal'
import type { Mesh } from 'murmuration'
import { Picture } from '../../dragon/picture.ts'
import { jobName, planPicture, viewOf, type Plan } from '../../dragon/plan.ts'
import { askForPicture, type Asked } from '../../dragon/render-job.ts'
import type { View } from '../../dragon/tracer/path.ts'
import type { Watch } from './watch.ts'

export interface SeenJob {
  readonly job: string
  /** `open`: its program is there. `running`: it goes on without. `kept`: all of it that could be done is. */
  readonly state: 'open' | 'running' | 'kept'
  readonly owner: string
  /** Named things: passes and tiles. */
  readonly asked: number
  readonly done: number
  readonly tilesDone: number
  readonly tiles: number
}

const everyMs = 900
const readAtOnce = 4

export class PictureFollower {
  readonly #watch: Watch
  readonly #scope: OpenScope
  readonly #changed: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false
  #drawn = new Set<string>()
  #name: string | undefined
  plan: Plan | undefined
  picture: Picture | undefined
  seen: SeenJob | undefined
  /** Tiles that show something. */
  shown = new Set<number>()
  /** Who made it, by peer id, for each tile of which that is known. */
  makers: (string | undefined)[] = []

  constructor(peer: Peer, watch: Watch, changed: () => void) {
    this.#watch = watch
    this.#changed = changed
    const port = peer.openContext(peer.freshContext())
    this.#scope = createScope({ port, code: noCode })
    void this.#look()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    await this.#follow().catch((error: unknown) => console.warn('the picture cannot be followed', error))
    const rests = document.hidden || this.picture === undefined || this.picture.complete
    if (this.#closed) return
    if (rests) void this.#watch.nextLook().then(() => (this.#closed ? undefined : this.#look()))
    else this.#timer = setTimeout(() => void this.#look(), everyMs)
  }

  async #follow(): Promise<void> {
    const found = await this.#find()
    if (found === undefined) return
    const { info, view, life, owner } = found
    if (info.name !== this.#name) this.#begin(info.name, view)
    const done = new Set(info.done)
    const tiles = this.plan?.tiles.length ?? 0
    const tilesDone = [...done].filter((name) => /^tile \d+$/.test(name)).length
    const { name: job, state, names } = info
    this.seen = { job, state, owner, asked: Object.keys(names).length, done: done.size, tilesDone, tiles }
    this.#changed()
    await this.#draw(names, done, life)
  }

  async #find(): Promise<Found | undefined> {
    const answers = await this.#watch.ask({ what: 'jobs', id: null, limit: 100 })
    const lives = new Map(this.#watch.lives().map((life) => [peerOf(life) as string, life]))
    const jobs = answers.flatMap(({ from, rows }) => rows.flatMap((row) => foundJob(row, from, lives)))
    const rank = ({ info }: Found): number =>
      ['open', 'running', 'kept'].indexOf(info.state) * 10_000 - info.done.length
    // What is under way before what was; of one job, whoever knows most of it.
    return jobs.sort((a, b) => rank(a) - rank(b))[0]
  }

  #begin(name: string, view: View): void {
    this.#name = name
    this.#drawn = new Set()
    this.makers = []
    this.shown = new Set()
    this.plan = planPicture(view)
    this.picture = new Picture(this.plan)
  }

  async #draw(names: Readonly<Record<string, string>>, done: ReadonlySet<string>, life: LifeId): Promise<void> {
    const waiting = [...done].filter((name) => !this.#drawn.has(name) && !this.#isCovered(name, done))
    for (let at = 0; at < waiting.length && !this.#closed; at += readAtOnce) {
      const some = waiting.slice(at, at + readAtOnce)
      await Promise.all(some.map((name) => this.#drawOne(name, names[name] as ObjectId, life)))
      this.#changed()
    }
    if (waiting.length > 0) await this.#findMakers()
  }

  /** A pass of a tile that is final already. */
  #isCovered(name: string, done: ReadonlySet<string>): boolean {
    const [, tile] = /^(tile \d+) pass/.exec(name) ?? []
    return tile !== undefined && done.has(tile)
  }

  async #drawOne(name: string, object: ObjectId, owner: LifeId): Promise<void> {
    const [, tile = '', pass] = /^tile (\d+)(?: pass (\d+))?$/.exec(name) ?? []
    if (tile === '' || object === undefined) return
    using ref = this.#scope.refTo({ object, owner }, name)
    const light = (await ref.get({ timeoutMs: 20_000 }).catch(() => null)) as Float32Array | null
    if (light === null) return
    this.#drawn.add(name)
    this.shown.add(Number(tile))
    if (pass === undefined) this.picture?.finish(Number(tile), light)
    else this.picture?.preview(Number(tile), Number(pass), light)
  }

  /** Owners remember where each of their tasks ran. */
  async #findMakers(): Promise<void> {
    const answers = await this.#watch.ask({ what: 'tasks', id: null, limit: 1_000 })
    const ids = new Map(this.#watch.sight.peers.map(({ id, name }) => [name, id]))
    for (const { rows } of answers) {
      for (const { fn, name, peer, state } of rows) {
        const [, tile] = /^tile (\d+) pass/.exec(String(name)) ?? []
        if (tile !== undefined && fn === 'renderPass' && state === 'value')
          this.makers[Number(tile)] ??= ids.get(String(peer))
      }
    }
    this.#changed()
  }
}

interface Found {
  readonly info: ReturnType<typeof jobInfo>
  readonly view: View
  readonly life: LifeId
  /** A peer's id. */
  readonly owner: string
}

function foundJob(row: InspectRow, from: string, lives: ReadonlyMap<string, LifeId>): Found[] {
  const info = jobInfo(row)
  const [view, life] = [viewOf(info.name), lives.get(from)]
  return view === undefined || life === undefined ? [] : [{ info, view, life, owner: from }]
}

/** Whoever looks calls nothing. */
const noCode: CodePort = {
  use: () => Promise.reject(new Error('whoever looks bundles nothing')),
  fn: () => {
    throw new Error('whoever looks calls nothing')
  },
}

/** Held for as long as this page is there: what is held is kept. */
const held = new Set<Asked>()

const usualView: View = { width: 640, height: 360, samples: 16 }

/** Another size may be asked for in the page's address, as in `?picture=320x180-8`. */
export function pictureAsked(search: string): View {
  return viewOf(`dragon-${new URLSearchParams(search).get('picture')}`) ?? usualView
}

/** Asks for the picture as a job that goes on without this page. */
export async function startPicture(mesh: Mesh, view: View): Promise<void> {
  const response = await fetch('./dragon.ply.gz')
  if (!response.ok) throw new Error(`the model of the dragon could not be loaded (${response.status})`)
  const model = new Uint8Array(await response.arrayBuffer())
  const job = await mesh.job(jobName(view), { lifetime: 'detached' })
  held.add(await askForPicture(job, planPicture(view), { model, signal: new AbortController().signal }))
}
