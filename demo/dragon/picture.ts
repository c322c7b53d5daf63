// The picture as it grows: finished tiles, coarser ones from the passes so far, grey where nothing is known yet.
//
// It only shows. What is final comes from `finish`, the merged tiles, whatever previews stood there before.

import { Film } from './tracer/film.ts'
import type { Plan, Tile } from './plan.ts'

const UNKNOWN_GREY = 54

export class Picture {
  readonly pixels: Uint8Array
  readonly #plan: Plan
  readonly #film: Film
  readonly #previews = new Map<number, { sums: Float64Array; samples: number }>()
  readonly #finished = new Set<number>()

  constructor(plan: Plan) {
    const { width, height } = plan.view
    this.#plan = plan
    this.pixels = new Uint8Array(width * height * 3).fill(UNKNOWN_GREY)
    this.#film = new Film(this.pixels, width)
  }

  get width(): number {
    return this.#plan.view.width
  }

  get height(): number {
    return this.#plan.view.height
  }

  /** Whether there is anything but grey. */
  get begun(): boolean {
    return this.#previews.size + this.#finished.size > 0
  }

  /** Whether every tile is final. */
  get complete(): boolean {
    return this.#finished.size === this.#plan.tiles.length
  }

  /** Takes one pass of a tile into account for the preview. */
  preview(tile: number, pass: number, light: Float32Array): void {
    if (this.#finished.has(tile)) return
    const samples = this.#plan.passes[pass]!.end - this.#plan.passes[pass]!.first
    const preview = this.#previews.get(tile) ?? { sums: new Float64Array(light.length), samples: 0 }
    for (let at = 0; at < light.length; at++) preview.sums[at]! += light[at]!
    preview.samples += samples
    this.#previews.set(tile, preview)
    this.#develop(this.#plan.tiles[tile]!, preview.sums, 1 / preview.samples)
  }

  /** Sets a tile to its final light. */
  finish(tile: number, light: Float32Array): void {
    this.#previews.delete(tile)
    this.#finished.add(tile)
    this.#develop(this.#plan.tiles[tile]!, light, 1)
  }

  #develop(tile: Tile, light: Float32Array | Float64Array, scale: number): void {
    let from = 0
    for (let y = tile.y; y < tile.y + tile.height; y++) {
      for (let x = tile.x; x < tile.x + tile.width; x++) {
        this.#film.develop(x, y, [light[from]! * scale, light[from + 1]! * scale, light[from + 2]! * scale])
        from += 3
      }
    }
  }
}
