// Finds what a ray meets in a scene's hierarchy: the nearer child first, the farther one remembered on a
// stack with the distance of its box, so that it is skipped once something nearer was hit.
//
// Nothing is allocated per ray. Positions are single floats, arithmetic is in doubles, so a ray does not
// slip between two triangles that share an edge. The triangle test is Möller and Trumbore's (1997).

import type { Grid } from './boxes.ts'
import { LEAF_TRIANGLES_MAX, type Scene } from './bvh-build.ts'

const STACK_DEPTH = 96
const TINY = 1e-9
const SLACK = 4e-5

/** A ray and what it met: one object, used again and again. */
export class Ray {
  x = 0.5
  y = 0.5
  z = 0.5
  dx = 0.5
  dy = 0.5
  dz = 0.5
  /** Where the search ends; the distance of the hit after one. */
  t = 0.5
  /** Barycentric weights of the second and the third corner. */
  u = 0.5
  v = 0.5
  /** The triangle's number in leaf order. */
  triangle = -1
}

/** Traces rays through one scene. */
export class BvhTracer {
  readonly #boxes: Uint16Array
  readonly #grid: Grid
  readonly #references: Int32Array
  readonly #root: number
  readonly #corners: Float32Array
  readonly #stack = new Int32Array(STACK_DEPTH)
  readonly #stackT = new Float64Array(STACK_DEPTH)

  constructor(scene: Scene) {
    this.#references = scene.nodes
    this.#boxes = new Uint16Array(scene.nodes.buffer, scene.nodes.byteOffset, scene.nodes.length * 2)
    this.#grid = scene.grid
    this.#root = scene.root
    this.#corners = gatherCorners(scene)
  }

  /** Finds the nearest triangle before `ray.t`; records it in the ray. */
  closest(ray: Ray): boolean {
    return this.#search(ray, false)
  }

  /** Whether anything lies before `ray.t`. */
  blocked(ray: Ray): boolean {
    return this.#search(ray, true)
  }

  #search(ray: Ray, any: boolean): boolean {
    const boxes = this.#boxes
    const references = this.#references
    const stack = this.#stack
    const stackT = this.#stackT
    // The distance to a plane of the grid is its number times `ix`, less `ox`; likewise in y and z.
    const { low, step } = this.#grid
    let ix = 1 / (ray.dx > -TINY && ray.dx < TINY ? TINY : ray.dx)
    let iy = 1 / (ray.dy > -TINY && ray.dy < TINY ? TINY : ray.dy)
    let iz = 1 / (ray.dz > -TINY && ray.dz < TINY ? TINY : ray.dz)
    const ox = (ray.x - low[0]!) * ix
    const oy = (ray.y - low[1]!) * iy
    const oz = (ray.z - low[2]!) * iz
    ix *= step[0]!
    iy *= step[1]!
    iz *= step[2]!
    // Which of a box's two planes the ray meets first on each axis depends on its direction alone.
    const nearX = ix < 0 ? 3 : 0
    const nearY = iy < 0 ? 4 : 1
    const nearZ = iz < 0 ? 5 : 2
    const farX = 3 - nearX
    const farY = 5 - nearY
    const farZ = 7 - nearZ
    let found = false
    let limit = ray.t
    let top = 0
    let at = this.#root
    for (;;) {
      if (at < 0) {
        if (this.#leaf(ray, -1 - at)) {
          if (any) return true
          found = true
          limit = ray.t
        }
      } else {
        // Twice max(a, b) is a + b + |a - b|: no branch to guess wrong. Hence four times the distances.
        const box = at * 2
        let x = boxes[box + nearX]! * ix - ox
        let y = boxes[box + nearY]! * iy - oy
        let z = boxes[box + nearZ]! * iz - oz
        x += y + Math.abs(x - y)
        z += Math.abs(z)
        const leftNear = x + z + Math.abs(x - z)
        x = boxes[box + farX]! * ix - ox
        y = boxes[box + farY]! * iy - oy
        z = boxes[box + farZ]! * iz - oz
        x += y - Math.abs(x - y)
        z += limit - Math.abs(z - limit)
        const leftHit = leftNear <= x + z - Math.abs(x - z) + SLACK
        x = boxes[box + 6 + nearX]! * ix - ox
        y = boxes[box + 6 + nearY]! * iy - oy
        z = boxes[box + 6 + nearZ]! * iz - oz
        x += y + Math.abs(x - y)
        z += Math.abs(z)
        const rightNear = x + z + Math.abs(x - z)
        x = boxes[box + 6 + farX]! * ix - ox
        y = boxes[box + 6 + farY]! * iy - oy
        z = boxes[box + 6 + farZ]! * iz - oz
        x += y - Math.abs(x - y)
        z += limit - Math.abs(z - limit)
        if (rightNear <= x + z - Math.abs(x - z) + SLACK) {
          if (leftHit) {
            const swap = rightNear < leftNear ? 1 : 0
            stack[top] = references[at + 7 - swap]!
            stackT[top++] = swap ? leftNear : rightNear
            at = references[at + 6 + swap]!
          } else at = references[at + 7]!
          continue
        }
        if (leftHit) {
          at = references[at + 6]!
          continue
        }
      }
      do {
        if (top === 0) return found
        top--
      } while (stackT[top]! > 4 * limit)
      at = stack[top]!
    }
  }

  #leaf(ray: Ray, code: number): boolean {
    const corners = this.#corners
    const first = (code / LEAF_TRIANGLES_MAX) | 0
    const end = first + (code % LEAF_TRIANGLES_MAX) + 1
    const dx = ray.dx
    const dy = ray.dy
    const dz = ray.dz
    let found = false
    for (let triangle = first; triangle < end; triangle++) {
      const c = triangle * 9
      const ax = corners[c]!
      const ay = corners[c + 1]!
      const az = corners[c + 2]!
      const ux = corners[c + 3]! - ax
      const uy = corners[c + 4]! - ay
      const uz = corners[c + 5]! - az
      const vx = corners[c + 6]! - ax
      const vy = corners[c + 7]! - ay
      const vz = corners[c + 8]! - az
      const px = dy * vz - dz * vy
      const py = dz * vx - dx * vz
      const pz = dx * vy - dy * vx
      const determinant = ux * px + uy * py + uz * pz
      if (determinant === 0) continue
      const inverse = 1 / determinant
      const sx = ray.x - ax
      const sy = ray.y - ay
      const sz = ray.z - az
      const u = (sx * px + sy * py + sz * pz) * inverse
      if (u < 0 || u > 1) continue
      const qx = sy * uz - sz * uy
      const qy = sz * ux - sx * uz
      const qz = sx * uy - sy * ux
      const v = (dx * qx + dy * qy + dz * qz) * inverse
      if (v < 0 || u + v > 1) continue
      const t = (vx * qx + vy * qy + vz * qz) * inverse
      if (t <= 0 || t >= ray.t) continue
      ray.t = t
      ray.u = u
      ray.v = v
      ray.triangle = triangle
      found = true
    }
    return found
  }
}

/** Each triangle's nine coordinates side by side: three cache lines become one. */
function gatherCorners(scene: Scene): Float32Array {
  const { positions, triangles } = scene
  const corners = new Float32Array(triangles.length * 3)
  for (let at = 0; at < triangles.length; at++) {
    const vertex = triangles[at]! * 3
    corners[at * 3] = positions[vertex]!
    corners[at * 3 + 1] = positions[vertex + 1]!
    corners[at * 3 + 2] = positions[vertex + 2]!
  }
  return corners
}
