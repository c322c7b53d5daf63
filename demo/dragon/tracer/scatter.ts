// Where light goes from a surface: off the coat, a GGX microfacet lobe sampled by the facets that can be seen
// (Dupuy and Benyoub, "Sampling Visible GGX Normals with Spherical Caps", 2023), or evenly from the body.

import { cosTurns, sinTurns } from './math.ts'
import type { Sampler } from './sampling.ts'
import type { Surface } from './surface.ts'
import type { Vector } from './vector.ts'

/** The share of light that a coat reflects at this cosine (Schlick). */
export function fresnel(headOn: number, cosine: number): number {
  const away = cosine < 1 ? 1 - cosine : 0
  const square = away * away
  return headOn + (1 - headOn) * square * square * away
}

/** Draws a direction off the coat; returns its weight, 0 when it would lead into the surface. */
export function offCoat(surface: Surface, sampler: Sampler, direction: Vector): number {
  const { coat, roughness: alpha } = surface.material
  surface.span()
  const { tangent: t, bitangent: b, normal: n, back } = surface
  // The view, stretched so that the facets become a hemisphere.
  let vx = alpha * back.dot(t)
  let vy = alpha * back.dot(b)
  let vz = back.dot(n)
  const shrink = 1 / Math.sqrt(vx * vx + vy * vy + vz * vz)
  vx *= shrink
  vy *= shrink
  vz *= shrink
  const z = (1 - sampler.u) * (1 + vz) - vz
  const radius = Math.sqrt(Math.max(0, 1 - z * z))
  const hx = alpha * (radius * cosTurns(sampler.v) + vx)
  const hy = alpha * (radius * sinTurns(sampler.v) + vy)
  const hz = Math.max(1e-6, z + vz)
  const scale = 1 / Math.sqrt(hx * hx + hy * hy + hz * hz)
  const facetX = (hx * t.x + hy * b.x + hz * n.x) * scale
  const facetY = (hx * t.y + hy * b.y + hz * n.y) * scale
  const facetZ = (hx * t.z + hy * b.z + hz * n.z) * scale
  const cosine = facetX * back.x + facetY * back.y + facetZ * back.z
  direction.set(2 * cosine * facetX - back.x, 2 * cosine * facetY - back.y, 2 * cosine * facetZ - back.z)
  const out = direction.dot(n)
  if (out <= 0 || direction.dot(surface.facet) <= 0) return 0
  return fresnel(coat, cosine) * unmasked(alpha, out)
}

/** Draws a direction from the body: the cosine's share of the hemisphere. */
export function fromBody(surface: Surface, sampler: Sampler, direction: Vector): void {
  surface.span()
  const { tangent: t, bitangent: b, normal: n } = surface
  const radius = Math.sqrt(sampler.u)
  const x = radius * cosTurns(sampler.v)
  const y = radius * sinTurns(sampler.v)
  const z = Math.sqrt(1 - sampler.u)
  direction.set(x * t.x + y * b.x + z * n.x, x * t.y + y * b.y + z * n.y, x * t.z + y * b.z + z * n.z)
}

/** What of a reflected ray the other facets let pass: Smith's G1 for GGX. */
function unmasked(alpha: number, cosine: number): number {
  const square = cosine * cosine
  return 2 / (1 + Math.sqrt(1 + (alpha * alpha * (1 - square)) / square))
}
