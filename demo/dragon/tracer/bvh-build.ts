// Builds a bounding-volume hierarchy over a mesh, in parts that do not wait for each other: `splitModel`
// cuts the triangles into ranges with the topmost splits, `buildPart` makes the subtree of one range, and
// `joinParts` puts the subtrees under the top. The result is the tree one long build would have made.
//
// Splits minimise the surface area heuristic over binned centroids (Wald, "On fast Construction of
// SAH-based Bounding Volume Hierarchies", 2007). Arithmetic is + - * / on doubles: one tree everywhere.

import type { Model } from './model.ts'
import { boxOf, growBox, gridOver, snapToGrid, surfaceOfBox, trianglesToBoxes, type Grid } from './boxes.ts'

/**
 * A node is 8 words: two boxes of twelve 16-bit numbers on the scene's grid, then two references. Half the
 * memory of floats is nearly twice the speed, for a ray mostly waits for memory. A reference >= 0 is the
 * first word of another node; below 0 it is a leaf, see `leafReference`.
 */
export const NODE_WORDS = 8
export const LEFT_REFERENCE = 6

/** A leaf holds at most this many triangles. */
export const LEAF_TRIANGLES_MAX = 8

const BINS = 16
const AXES = 3

/** What a visit to a node costs, measured in triangle tests. */
const VISIT_COST = 2

/** The triangles in an order that makes each part a range, and the tree above the parts. */
export interface Split {
  readonly order: Uint32Array
  /** Part p is `order[starts[p]]` up to, not including, `order[starts[p + 1]]`. */
  readonly starts: Uint32Array
  /** Pairs of references, the root first: >= 0 is another pair, -1 - p is part p. */
  readonly top: Int32Array
  readonly grid: Grid
}

/** A subtree: its nodes, and its triangles in the order its leaves name them. */
export interface Part {
  readonly nodes: Int32Array
  readonly order: Uint32Array
  readonly root: number
  /** Its box on the grid: low x y z, high x y z. */
  readonly box: Uint16Array
}

/** Everything a ray needs: triangles lie in leaf order. */
export interface Scene extends Model {
  readonly nodes: Int32Array
  readonly root: number
  readonly grid: Grid
}

/** Names `count` triangles from `first` on as a leaf; `first` counts in leaf order. */
export function leafReference(first: number, count: number): number {
  return -1 - (first * LEAF_TRIANGLES_MAX + (count - 1))
}

/** Cuts a model's triangles into at most `parts` ranges of similar size. */
export function splitModel(model: Model, parts: number): Split {
  const count = model.triangles.length / 3
  const splitter = new Splitter(trianglesToBoxes(model), numbersTo(count))
  const starts: number[] = []
  const top: number[] = []
  const cut = (start: number, end: number, wanted: number): number => {
    if (wanted <= 1 || end - start < 2) {
      starts.push(start)
      return -starts.length
    }
    const middle = splitter.split(start, end, Infinity)
    const share = Math.floor((wanted * (middle - start)) / (end - start) + 0.5)
    const left = Math.max(1, Math.min(wanted - 1, share))
    const at = top.length
    top.push(0, 0)
    top[at] = cut(start, middle, left)
    top[at + 1] = cut(middle, end, wanted - left)
    return at
  }
  cut(0, count, parts)
  const grid = gridOver(splitter.box(0, count))
  return { order: splitter.order, starts: Uint32Array.from([...starts, count]), top: Int32Array.from(top), grid }
}

/** Builds the subtree of one part. */
export function buildPart(model: Model, split: Split, part: number): Part {
  const mine = split.order.slice(split.starts[part], split.starts[part + 1])
  const splitter = new Splitter(trianglesToBoxes(model, mine), numbersTo(mine.length))
  const nodes = new Int32Array(Math.max(1, mine.length) * NODE_WORDS)
  const boxes = new Uint16Array(nodes.buffer)
  let used = 0
  const build = (start: number, end: number): number => {
    const middle = splitter.split(start, end, LEAF_TRIANGLES_MAX)
    if (middle === end) return leafReference(start, end - start)
    const at = used
    used += NODE_WORDS
    snapToGrid(splitter.box(start, middle), split.grid, boxes, at * 2)
    snapToGrid(splitter.box(middle, end), split.grid, boxes, at * 2 + 6)
    nodes[at + LEFT_REFERENCE] = build(start, middle)
    nodes[at + LEFT_REFERENCE + 1] = build(middle, end)
    return at
  }
  const root = build(0, mine.length)
  const box = new Uint16Array(6)
  snapToGrid(splitter.box(0, mine.length), split.grid, box, 0)
  return { nodes: nodes.slice(0, used), order: splitter.order.map((local) => mine[local]!), root, box }
}

/** Puts the parts, in the order of their numbers, under the top of the split. */
export function joinParts(model: Model, split: Split, parts: readonly Part[]): Scene {
  const words = parts.reduce((sum, part) => sum + part.nodes.length, 0)
  const topWords = (split.top.length / 2) * NODE_WORDS
  const nodes = new Int32Array(topWords + words)
  const roots: number[] = []
  let at = topWords
  for (const [number, part] of parts.entries()) {
    roots.push(moved(part.root, at, split.starts[number]!))
    nodes.set(part.nodes, at)
    relocate(nodes.subarray(at, at + part.nodes.length), at, split.starts[number]!)
    at += part.nodes.length
  }
  const root = joinTop(split.top, { nodes, roots, parts })
  const { positions, normals } = model
  return { positions, normals, triangles: inLeafOrder(model, parts), nodes, root, grid: split.grid }
}

function joinTop(
  top: Int32Array,
  into: { nodes: Int32Array; roots: readonly number[]; parts: readonly Part[] },
): number {
  const boxes = new Uint16Array(into.nodes.buffer)
  const place = (reference: number): { reference: number; box: Uint16Array } => {
    if (reference < 0) return { reference: into.roots[-1 - reference]!, box: into.parts[-1 - reference]!.box }
    const at = (reference / 2) * NODE_WORDS
    const left = place(top[reference]!)
    const right = place(top[reference + 1]!)
    boxes.set(left.box, at * 2)
    boxes.set(right.box, at * 2 + 6)
    into.nodes[at + LEFT_REFERENCE] = left.reference
    into.nodes[at + LEFT_REFERENCE + 1] = right.reference
    const box = left.box.slice()
    growBox(box, 0, right.box, 0)
    return { reference: at, box }
  }
  return place(top.length > 0 ? 0 : -1).reference
}

function relocate(nodes: Int32Array, byWords: number, byTriangles: number): void {
  for (let at = LEFT_REFERENCE; at < nodes.length; at += NODE_WORDS) {
    nodes[at] = moved(nodes[at]!, byWords, byTriangles)
    nodes[at + 1] = moved(nodes[at + 1]!, byWords, byTriangles)
  }
}

function moved(reference: number, byWords: number, byTriangles: number): number {
  return reference >= 0 ? reference + byWords : reference - byTriangles * LEAF_TRIANGLES_MAX
}

function inLeafOrder(model: Model, parts: readonly Part[]): Uint32Array {
  const triangles = new Uint32Array(model.triangles.length)
  let to = 0
  for (const part of parts) {
    for (const triangle of part.order) {
      for (let corner = 0; corner < 3; corner++) triangles[to++] = model.triangles[triangle * 3 + corner]!
    }
  }
  return triangles
}

function numbersTo(count: number): Uint32Array {
  return new Uint32Array(count).map((_, at) => at)
}

/** Chooses splits, and reorders `order` so that either side of a split is a range. */
class Splitter {
  readonly order: Uint32Array
  readonly #boxes: Float32Array
  readonly #bins = new Float64Array(AXES * BINS * 6)
  readonly #counts = new Int32Array(AXES * BINS)
  readonly #low = new Float64Array(AXES)
  readonly #high = new Float64Array(AXES)
  readonly #scale = new Float64Array(AXES)
  readonly #side = new Float64Array(6)
  readonly #rightCost = new Float64Array(BINS)

  constructor(boxes: Float32Array, order: Uint32Array) {
    this.#boxes = boxes
    this.order = order
  }

  /** The box of a range; the same array every time. */
  box(start: number, end: number): Float64Array {
    const box = this.#side
    boxOf(box, 0)
    for (let place = start; place < end; place++) growBox(box, 0, this.#boxes, this.order[place]! * 6)
    return box
  }

  /** The start of the right side, or `end` when the range, of at most `leafMax` triangles, is better kept whole. */
  split(start: number, end: number, leafMax: number): number {
    const count = end - start
    if (count <= 1) return end
    const bins = count < BINS ? 8 : BINS
    this.#measure(start, end, bins)
    this.#fill(start, end)
    const best = this.#cheapest(bins)
    const mayStayWhole = leafMax !== Infinity && count <= leafMax
    if (mayStayWhole && count <= VISIT_COST + best.cost) return end
    // Centroids that all coincide cannot be told apart: halve the range as it lies.
    if (best.cost === Infinity) return start + (count >> 1)
    return this.#partition(start, end, best)
  }

  #measure(start: number, end: number, bins: number): void {
    const [low, high] = [this.#low.fill(Infinity), this.#high.fill(-Infinity)]
    for (let place = start; place < end; place++) {
      const box = this.order[place]! * 6
      for (let axis = 0; axis < AXES; axis++) {
        const centre = this.#boxes[box + axis]! + this.#boxes[box + 3 + axis]!
        if (centre < low[axis]!) low[axis] = centre
        if (centre > high[axis]!) high[axis] = centre
      }
    }
    for (let axis = 0; axis < AXES; axis++) {
      const extent = high[axis]! - low[axis]!
      this.#scale[axis] = extent > 0 ? (bins * (1 - 1e-9)) / extent : 0
    }
  }

  #fill(start: number, end: number): void {
    const [bins, counts, boxes] = [this.#bins, this.#counts.fill(0), this.#boxes]
    for (let at = 0; at < bins.length; at += 6) boxOf(bins, at)
    for (let place = start; place < end; place++) {
      const box = this.order[place]! * 6
      for (let axis = 0; axis < AXES; axis++) {
        const bin = axis * BINS + this.#binOf(box, axis)
        counts[bin]!++
        growBox(bins, bin * 6, boxes, box)
      }
    }
  }

  #binOf(box: number, axis: number): number {
    const centre = this.#boxes[box + axis]! + this.#boxes[box + 3 + axis]!
    return ((centre - this.#low[axis]!) * this.#scale[axis]!) | 0
  }

  /** The boundary with the least cost: bins up to and including `bin` go left. */
  #cheapest(bins: number): { axis: number; bin: number; cost: number } {
    const best = { axis: 0, bin: 0, cost: Infinity }
    const [side, rightCost] = [this.#side, this.#rightCost]
    for (let axis = 0; axis < AXES; axis++) {
      if (this.#scale[axis] === 0) continue
      const base = axis * BINS
      boxOf(side, 0)
      let count = 0
      for (let bin = bins - 1; bin > 0; bin--) {
        count += this.#counts[base + bin]!
        growBox(side, 0, this.#bins, (base + bin) * 6)
        rightCost[bin] = count > 0 ? count * surfaceOfBox(side, 0) : Infinity
      }
      boxOf(side, 0)
      count = 0
      for (let bin = 0; bin < bins - 1; bin++) {
        count += this.#counts[base + bin]!
        growBox(side, 0, this.#bins, (base + bin) * 6)
        const cost = count > 0 ? count * surfaceOfBox(side, 0) + rightCost[bin + 1]! : Infinity
        if (cost < best.cost) Object.assign(best, { axis, bin, cost })
      }
      growBox(side, 0, this.#bins, (base + bins - 1) * 6)
    }
    return { ...best, cost: best.cost / surfaceOfBox(side, 0) }
  }

  #partition(start: number, end: number, at: { axis: number; bin: number }): number {
    const order = this.order
    let left = start
    let right = end
    while (left < right) {
      const triangle = order[left]!
      if (this.#binOf(triangle * 6, at.axis) <= at.bin) left++
      else {
        right--
        order[left] = order[right]!
        order[right] = triangle
      }
    }
    return left
  }
}
