// How a picture is cut into work: tiles, and for each tile passes of a few samples per pixel.
//
// The cut changes nothing in the picture: a sample depends on its pixel and its number alone, and passes are
// summed in the order of their numbers. It only decides how long a task runs and how much a death costs.

import type { View } from './tracer/path.ts'

/** A rectangle of pixels. */
export interface Tile {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Samples `first` up to, not including, `end` of every pixel. */
export interface Pass {
  readonly first: number
  readonly end: number
}

export interface Plan {
  readonly view: View
  /** Nearest to the middle of the picture first. */
  readonly tiles: readonly Tile[]
  readonly passes: readonly Pass[]
}

/** A tile's colours, three single floats a pixel, fit into what rides inline in an outcome (64 KiB). */
const TILE_WIDTH = 80
const TILE_HEIGHT = 60
const PASS_SAMPLES = 8

/** How many parts the hierarchy over the model is built in. */
export const PARTS = 16

export function planPicture(view: View): Plan {
  const tiles: Tile[] = []
  for (let y = 0; y < view.height; y += TILE_HEIGHT) {
    for (let x = 0; x < view.width; x += TILE_WIDTH) {
      const [width, height] = [Math.min(TILE_WIDTH, view.width - x), Math.min(TILE_HEIGHT, view.height - y)]
      tiles.push({ x, y, width, height })
    }
  }
  const passes: Pass[] = []
  for (let first = 0; first < view.samples; first += PASS_SAMPLES) {
    passes.push({ first, end: Math.min(view.samples, first + PASS_SAMPLES) })
  }
  return { view, tiles: tiles.sort((a, b) => fromMiddle(a, view) - fromMiddle(b, view)), passes }
}

/** The job under which a picture is rendered, and from which whoever looks tells what picture it is. */
export function jobName({ width, height, samples }: View): string {
  return `dragon-${width}x${height}-${samples}`
}

/** The picture of a job; undefined when the job is about something else. */
export function viewOf(job: string): View | undefined {
  const [, width = 0, height = 0, samples = 0] = (/^dragon-(\d+)x(\d+)-(\d+)$/.exec(job) ?? []).map(Number)
  return width > 0 && height > 0 && samples > 0 ? { width, height, samples } : undefined
}

export function countPasses(plan: Plan): number {
  return plan.tiles.length * plan.passes.length
}

/** Reading and splitting the model, its parts, joining them, every pass of every tile, merging each tile. */
export function countTasks(plan: Plan): number {
  return 3 + PARTS + plan.tiles.length * (plan.passes.length + 1)
}

function fromMiddle(tile: Tile, view: View): number {
  const x = tile.x + tile.width / 2 - view.width / 2
  const y = tile.y + tile.height / 2 - view.height / 2
  return x * x + y * y
}
