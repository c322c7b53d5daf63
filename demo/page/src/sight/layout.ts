// Where each peer stands in the drawing of the flock: d3's force layout, gone on with from where everybody stood
// before, so that a newcomer finds its place and nobody jumps. It works until it is calm, in one go, and rests.

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from 'd3-force'
import type { SimulationNodeDatum } from 'd3-force'
import type { SeenLink, SeenPeer } from './sight.ts'

interface Place extends SimulationNodeDatum {
  readonly id: string
  x: number
  y: number
}

export const field = { width: 420, height: 300 } as const

const margin = 42
const steps = 160
const most = 1.9

export class Layout {
  readonly #places = new Map<string, Place>()
  #shape = ''

  /** The place of each, in the field. */
  of(
    peers: readonly SeenPeer[],
    links: readonly SeenLink[],
  ): ReadonlyMap<string, { readonly x: number; readonly y: number }> {
    const shape = JSON.stringify([peers.map(({ id }) => id), links])
    if (shape !== this.#shape) this.#settle(peers, links)
    this.#shape = shape
    return this.#places
  }

  #settle(peers: readonly SeenPeer[], links: readonly SeenLink[]): void {
    const here = new Set(peers.map(({ id }) => id))
    for (const id of this.#places.keys()) if (!here.has(id)) this.#places.delete(id)
    for (const [at, { id }] of peers.entries()) {
      if (this.#places.has(id)) continue
      // Around the middle, by a turn that never brings two to one place.
      const turn = at * 2.399_963
      this.#places.set(id, { id, x: field.width / 2 + 60 * Math.cos(turn), y: field.height / 2 + 60 * Math.sin(turn) })
    }
    const places = [...this.#places.values()]
    const known = links.filter(({ a, b }) => this.#places.has(a) && this.#places.has(b))
    forceSimulation(places)
      .force('apart', forceManyBody().strength(-420))
      .force('room', forceCollide(38))
      .force(
        'links',
        forceLink<Place, { source: string; target: string }>(known.map(({ a, b }) => ({ source: a, target: b })))
          .id(({ id }) => id)
          .distance(110)
          .strength(0.08),
      )
      .force('x', forceX(field.width / 2).strength(0.07))
      .force('y', forceY(field.height / 2).strength(0.13))
      .stop()
      .tick(steps)
    spread(places)
  }
}

/** Over the whole field, but not further apart than a few birds can be. */
function spread(places: readonly Place[]): void {
  const [left, right] = [Math.min(...places.map(({ x }) => x)), Math.max(...places.map(({ x }) => x))]
  const [top, bottom] = [Math.min(...places.map(({ y }) => y)), Math.max(...places.map(({ y }) => y))]
  const across = Math.min(most, (field.width - 2 * margin) / Math.max(1, right - left))
  const down = Math.min(most, (field.height - 2 * margin) / Math.max(1, bottom - top))
  for (const place of places) {
    place.x = field.width / 2 + (place.x - (left + right) / 2) * across
    place.y = field.height / 2 - 8 + (place.y - (top + bottom) / 2) * down
  }
}
