// A place on a surface that a path has come to: where, how it is turned, what it is made of.

import type { Scene } from './bvh-build.ts'
import type { Ray } from './bvh-trace.ts'
import { FLOOR, JADE, type Material } from './stage.ts'
import { Vector } from './vector.ts'

/** How far a ray starts off the surface it leaves, so as not to meet it again. */
const OFFSET = 2e-4

/** The least cosine between a smooth normal and the direction it is seen from. */
const RIM = 0.01

export class Surface {
  readonly at = new Vector()
  /** The smooth normal, for shading, and the triangle's own; both on the side where light leaves. */
  readonly normal = new Vector()
  readonly facet = new Vector()
  /** Back along the path. */
  readonly back = new Vector()
  /** Two directions across the normal, after `span`. */
  readonly tangent = new Vector()
  readonly bitangent = new Vector()
  material: Material = FLOOR

  copy(other: Surface): void {
    this.at.copy(other.at)
    this.normal.copy(other.normal)
    this.facet.copy(other.facet)
    this.back.copy(other.back)
    this.material = other.material
  }

  /** Stands on the floor where the ray ends. */
  onFloor(ray: Ray): void {
    this.#arrive(ray)
    this.normal.set(0, 1, 0)
    this.facet.set(0, 1, 0)
    this.material = FLOOR
  }

  /** Stands on the triangle that the ray met, from outside: `side` 1, from inside: -1. Normals point outside. */
  onDragon(scene: Scene, ray: Ray, side: number): void {
    this.#arrive(ray)
    this.material = JADE
    const { positions: p, normals: n, triangles } = scene
    const a = triangles[ray.triangle * 3]! * 3
    const b = triangles[ray.triangle * 3 + 1]! * 3
    const c = triangles[ray.triangle * 3 + 2]! * 3
    const ux = p[b]! - p[a]!
    const uy = p[b + 1]! - p[a + 1]!
    const uz = p[b + 2]! - p[a + 2]!
    const vx = p[c]! - p[a]!
    const vy = p[c + 1]! - p[a + 1]!
    const vz = p[c + 2]! - p[a + 2]!
    const { facet, back } = this
    facet.setUnit(uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)
    if (facet.dot(back) * side < 0) facet.scale(-1)
    const w = 1 - ray.u - ray.v
    this.#shadeLike(
      w * n[a]! + ray.u * n[b]! + ray.v * n[c]!,
      w * n[a + 1]! + ray.u * n[b + 1]! + ray.v * n[c + 1]!,
      w * n[a + 2]! + ray.u * n[b + 2]! + ray.v * n[c + 2]!,
      side,
    )
  }

  /** Turns to the other side, for a path that goes in. */
  turn(): void {
    this.normal.scale(-1)
    this.facet.scale(-1)
  }

  /** Finds the tangents (Duff and others, "Building an Orthonormal Basis, Revisited", 2017). */
  span(): void {
    const n = this.normal
    const sign = n.z < 0 ? -1 : 1
    const a = -1 / (sign + n.z)
    const b = n.x * n.y * a
    this.tangent.set(1 + sign * n.x * n.x * a, sign * b, -sign * n.x)
    this.bitangent.set(b, sign + n.y * n.y * a, -n.y)
  }

  /** Starts a ray here. */
  leave(ray: Ray, direction: Vector): void {
    ray.x = this.at.x + OFFSET * this.facet.x
    ray.y = this.at.y + OFFSET * this.facet.y
    ray.z = this.at.z + OFFSET * this.facet.z
    ray.dx = direction.x
    ray.dy = direction.y
    ray.dz = direction.z
  }

  #arrive(ray: Ray): void {
    this.at.set(ray.x + ray.t * ray.dx, ray.y + ray.t * ray.dy, ray.z + ray.t * ray.dz)
    this.back.set(-ray.dx, -ray.dy, -ray.dz)
  }

  /** A smooth normal may turn away from a viewer who sees the triangle: it is bent back to the rim. */
  #shadeLike(x: number, y: number, z: number, side: number): void {
    const { normal, facet, back } = this
    normal.setUnit(x, y, z)
    if (normal.dot(facet) < 0) normal.scale(-1)
    const towards = normal.dot(back) * side
    if (towards >= RIM) return
    const bend = (RIM - towards) * side
    normal.setUnit(normal.x + bend * back.x, normal.y + bend * back.y, normal.z + bend * back.z)
  }
}
