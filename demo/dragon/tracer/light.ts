// Rectangular lights: drawing a point on one, and finding the one a ray runs into.
//
// All lights offer one point each; one of them is chosen in proportion to what it would give if nothing
// stood between (resampled importance sampling, Talbot 2005), so a single shadow ray serves them all.

import type { Ray } from './bvh-trace.ts'
import type { RectangleLight } from './stage.ts'
import { cross, difference, scaled, unit, Vector, type Triple } from './vector.ts'

interface Placed {
  readonly centre: Triple
  readonly normal: Triple
  /** From the centre to the middle of a side. */
  readonly across: Triple
  readonly along: Triple
  readonly halfWidth: number
  readonly halfHeight: number
  readonly area: number
  readonly emission: Triple
}

export class Lights {
  /** The direction of the chosen point, its distance, and the light it gives, the surface's cosine included. */
  readonly direction = new Vector()
  distance = 0.5
  readonly given = new Vector()
  readonly #lights: readonly Placed[]

  constructor(lights: readonly RectangleLight[]) {
    this.#lights = lights.map((light) => place(light))
  }

  /**
   * Chooses a point on a light as seen from `from`, a surface with this normal. `pick`, `u` and `v` lie in
   * [0, 1). False when no light is in front of it.
   */
  choose(from: Vector, normal: Vector, at: { pick: number; u: number; v: number }): boolean {
    let total = 0
    let pick = at.pick
    for (const light of this.#lights) {
      const a = 2 * at.u - 1
      const b = 2 * at.v - 1
      const x = light.centre[0] + a * light.across[0] + b * light.along[0] - from.x
      const y = light.centre[1] + a * light.across[1] + b * light.along[1] - from.y
      const z = light.centre[2] + a * light.across[2] + b * light.along[2] - from.z
      const square = x * x + y * y + z * z
      const distance = Math.sqrt(square)
      const inverse = 1 / distance
      const cosHere = (x * normal.x + y * normal.y + z * normal.z) * inverse
      const cosThere = -(x * light.normal[0] + y * light.normal[1] + z * light.normal[2]) * inverse
      if (cosHere <= 0 || cosThere <= 0) continue
      const geometry = (cosHere * cosThere * light.area) / square
      const weight = geometry * (0.3 * light.emission[0] + 0.6 * light.emission[1] + 0.1 * light.emission[2])
      total += weight
      // Reservoir of one: what is left of `pick` after a decision is again uniform.
      const chance = weight / total
      if (pick < chance) {
        pick /= chance
        this.direction.set(x * inverse, y * inverse, z * inverse)
        this.distance = distance
        const share = geometry / weight
        this.given.set(light.emission[0] * share, light.emission[1] * share, light.emission[2] * share)
      } else pick = (pick - chance) / (1 - chance)
    }
    this.given.set(this.given.x * total, this.given.y * total, this.given.z * total)
    return total > 0
  }

  /** Adds what a light sends along the ray, when the nearest one before `ray.t` faces it; says whether one did. */
  meet(ray: Ray, emission: Vector): boolean {
    let found = false
    for (const light of this.#lights) {
      const { normal: n, centre: c } = light
      const facing = ray.dx * n[0] + ray.dy * n[1] + ray.dz * n[2]
      if (facing >= 0) continue
      const t = ((c[0] - ray.x) * n[0] + (c[1] - ray.y) * n[1] + (c[2] - ray.z) * n[2]) / facing
      if (t <= 0 || t >= ray.t) continue
      const x = ray.x + t * ray.dx - c[0]
      const y = ray.y + t * ray.dy - c[1]
      const z = ray.z + t * ray.dz - c[2]
      const a = (x * light.across[0] + y * light.across[1] + z * light.across[2]) / (light.halfWidth * light.halfWidth)
      const b = (x * light.along[0] + y * light.along[1] + z * light.along[2]) / (light.halfHeight * light.halfHeight)
      if (a < -1 || a > 1 || b < -1 || b > 1) continue
      ray.t = t
      emission.set(light.emission[0], light.emission[1], light.emission[2])
      found = true
    }
    return found
  }
}

function place(light: RectangleLight): Placed {
  const normal = unit(difference(light.target, light.centre))
  const sideways = unit(cross(normal, [0, 1, 0]))
  const upwards = cross(sideways, normal)
  const [halfWidth, halfHeight] = [light.width / 2, light.height / 2]
  return {
    centre: light.centre,
    normal,
    across: scaled(sideways, halfWidth),
    along: scaled(upwards, halfHeight),
    halfWidth,
    halfHeight,
    area: light.width * light.height,
    emission: light.emission,
  }
}
