// A thin-lens camera: turns a place on the film and a place on the lens into a ray.

import type { Ray } from './bvh-trace.ts'
import { cosTurns, sinTurns } from './math.ts'
import type { CAMERA } from './stage.ts'
import { cross, difference, unit, type Triple } from './vector.ts'

export class Camera {
  readonly #eye: Triple
  readonly #forward: Triple
  readonly #right: Triple
  readonly #up: Triple
  readonly #halfWidth: number
  readonly #halfHeight: number
  readonly #lensRadius: number
  readonly #focusDepth: number

  constructor(at: typeof CAMERA, aspect: number) {
    this.#eye = at.eye
    this.#forward = unit(difference(at.target, at.eye))
    this.#right = unit(cross(this.#forward, [0, 1, 0]))
    this.#up = cross(this.#right, this.#forward)
    this.#halfHeight = at.halfHeight
    this.#halfWidth = at.halfHeight * aspect
    this.#lensRadius = at.lensRadius
    const toFocus = difference(at.focus, at.eye)
    this.#focusDepth = toFocus[0] * this.#forward[0] + toFocus[1] * this.#forward[1] + toFocus[2] * this.#forward[2]
  }

  /** Aims `ray` through the film at (x, y), each from -1 to 1, y up, from the lens at (u, v) in the unit square. */
  aim(ray: Ray, film: { x: number; y: number }, lens: { u: number; v: number }): void {
    const a = film.x * this.#halfWidth * this.#focusDepth
    const b = film.y * this.#halfHeight * this.#focusDepth
    const radius = Math.sqrt(lens.u) * this.#lensRadius
    const lensX = radius * cosTurns(lens.v)
    const lensY = radius * sinTurns(lens.v)
    const [right, up, forward] = [this.#right, this.#up, this.#forward]
    const dx = right[0] * (a - lensX) + up[0] * (b - lensY) + forward[0] * this.#focusDepth
    const dy = right[1] * (a - lensX) + up[1] * (b - lensY) + forward[1] * this.#focusDepth
    const dz = right[2] * (a - lensX) + up[2] * (b - lensY) + forward[2] * this.#focusDepth
    const scale = 1 / Math.sqrt(dx * dx + dy * dy + dz * dz)
    ray.x = this.#eye[0] + right[0] * lensX + up[0] * lensY
    ray.y = this.#eye[1] + right[1] * lensX + up[1] * lensY
    ray.z = this.#eye[2] + right[2] * lensX + up[2] * lensY
    ray.dx = dx * scale
    ray.dy = dy * scale
    ray.dz = dz * scale
  }
}
