// Makes a scanned mesh ready to be looked at: stood on the floor at a known size, with smooth normals.
//
// The normal of a vertex is the sum of the normals of its triangles, weighted by their area, which needs
// no trigonometry. Doubles are summed in the file's order, so every machine gets the same normals.

import type { TriangleMesh } from './ply.ts'

/** A mesh with one unit normal per vertex. */
export interface Model extends TriangleMesh {
  readonly normals: Float32Array
}

/** Scales and moves a mesh so that it is `length` long in x, centred over the origin, its feet at y = 0. */
export function standOnFloor(mesh: TriangleMesh, length: number): TriangleMesh {
  const { low, high } = boundsOf(mesh.positions)
  const scale = length / (high[0]! - low[0]!)
  const shift = [(low[0]! + high[0]!) / 2, low[1]!, (low[2]! + high[2]!) / 2]
  const positions = mesh.positions.map((value, at) => (value - shift[at % 3]!) * scale)
  return { positions, triangles: mesh.triangles }
}

/** Adds the normals. A vertex without triangles gets one that points up. */
export function withNormals(mesh: TriangleMesh): Model {
  const { positions: p, triangles } = mesh
  const sums = new Float64Array(p.length)
  for (let at = 0; at < triangles.length; at += 3) {
    const a = triangles[at]! * 3
    const b = triangles[at + 1]! * 3
    const c = triangles[at + 2]! * 3
    const ux = p[b]! - p[a]!
    const uy = p[b + 1]! - p[a + 1]!
    const uz = p[b + 2]! - p[a + 2]!
    const vx = p[c]! - p[a]!
    const vy = p[c + 1]! - p[a + 1]!
    const vz = p[c + 2]! - p[a + 2]!
    const nx = uy * vz - uz * vy
    const ny = uz * vx - ux * vz
    const nz = ux * vy - uy * vx
    for (let corner = 0; corner < 3; corner++) {
      const to = triangles[at + corner]! * 3
      sums[to]! += nx
      sums[to + 1]! += ny
      sums[to + 2]! += nz
    }
  }
  return { ...mesh, normals: normalised(sums) }
}

function normalised(sums: Float64Array): Float32Array {
  const normals = new Float32Array(sums.length)
  for (let at = 0; at < sums.length; at += 3) {
    const x = sums[at]!
    const y = sums[at + 1]!
    const z = sums[at + 2]!
    const length = Math.sqrt(x * x + y * y + z * z)
    normals[at] = length > 0 ? x / length : 0
    normals[at + 1] = length > 0 ? y / length : 1
    normals[at + 2] = length > 0 ? z / length : 0
  }
  return normals
}

function boundsOf(positions: Float32Array): { low: number[]; high: number[] } {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (let at = 0; at < positions.length; at += 3) {
    for (let axis = 0; axis < 3; axis++) {
      const value = positions[at + axis]!
      if (value < low[axis]!) low[axis] = value
      if (value > high[axis]!) high[axis] = value
    }
  }
  return { low, high }
}
