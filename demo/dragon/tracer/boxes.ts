// Axis-aligned boxes as six numbers in an array: low x y z, then high x y z.

import type { TriangleMesh } from './ply.ts'

type Numbers = Float32Array | Float64Array | Uint16Array

/** Where a 16-bit coordinate lies: `low[axis] + value * step[axis]`. */
export interface Grid {
  readonly low: readonly number[]
  readonly step: readonly number[]
}

/** The finest grid of 16-bit coordinates that covers a box. */
export function gridOver(box: Numbers): Grid {
  const low = [box[0]!, box[1]!, box[2]!]
  return { low, step: low.map((from, axis) => Math.max(box[axis + 3]! - from, 1e-6) / 65_534) }
}

/** Writes the smallest box on the grid that contains `box`. */
export function snapToGrid(box: Numbers, grid: Grid, into: Uint16Array, at: number): void {
  for (let axis = 0; axis < 3; axis++) {
    const [low, step] = [grid.low[axis]!, grid.step[axis]!]
    into[at + axis] = Math.floor((box[axis]! - low) / step)
    into[at + 3 + axis] = Math.ceil((box[axis + 3]! - low) / step)
  }
}

/** Writes the box of nothing, which any box grows out of. */
export function boxOf(into: Numbers, at: number): void {
  into[at] = into[at + 1] = into[at + 2] = Infinity
  into[at + 3] = into[at + 4] = into[at + 5] = -Infinity
}

/** Grows a box until it contains another. */
export function growBox(box: Numbers, at: number, other: Numbers, from: number): void {
  if (other[from]! < box[at]!) box[at] = other[from]!
  if (other[from + 1]! < box[at + 1]!) box[at + 1] = other[from + 1]!
  if (other[from + 2]! < box[at + 2]!) box[at + 2] = other[from + 2]!
  if (other[from + 3]! > box[at + 3]!) box[at + 3] = other[from + 3]!
  if (other[from + 4]! > box[at + 4]!) box[at + 4] = other[from + 4]!
  if (other[from + 5]! > box[at + 5]!) box[at + 5] = other[from + 5]!
}

/** Half the surface of a box. */
export function surfaceOfBox(box: Numbers, at: number): number {
  const x = box[at + 3]! - box[at]!
  const y = box[at + 4]! - box[at + 1]!
  const z = box[at + 5]! - box[at + 2]!
  return x * y + y * z + z * x
}

/** The boxes of all triangles of a mesh, or of those that are `chosen`. */
export function trianglesToBoxes(mesh: TriangleMesh, chosen?: Uint32Array): Float32Array {
  const { positions, triangles } = mesh
  const count = chosen ? chosen.length : triangles.length / 3
  const boxes = new Float32Array(count * 6)
  for (let box = 0; box < count; box++) {
    const triangle = chosen ? chosen[box]! : box
    boxOf(boxes, box * 6)
    for (let corner = 0; corner < 3; corner++) {
      const vertex = triangles[triangle * 3 + corner]! * 3
      for (let axis = 0; axis < 3; axis++) {
        const value = positions[vertex + axis]!
        if (value < boxes[box * 6 + axis]!) boxes[box * 6 + axis] = value
        if (value > boxes[box * 6 + 3 + axis]!) boxes[box * 6 + 3 + axis] = value
      }
    }
  }
  return boxes
}
