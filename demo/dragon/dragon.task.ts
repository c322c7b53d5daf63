// The picture's work, as plain functions: each is a task in a mesh, and a call like any other outside of one.
//
//   readModel → splitModel → buildPart × 16 → joinParts → renderPass × tiles × passes → mergePasses × tiles
//
// All of them give the same bytes for the same arguments on every engine: they use + - * / and square roots.

import { gunzipSync } from 'fflate'
import { buildPart as buildPartOf, joinParts as joinPartsOf, splitModel as splitModelInto } from './tracer/bvh-build.ts'
import type { Part, Scene, Split } from './tracer/bvh-build.ts'
import { standOnFloor, withNormals, type Model } from './tracer/model.ts'
import { PathTracer, type View } from './tracer/path.ts'
import { parsePly } from './tracer/ply.ts'
import type { Pass, Tile } from './plan.ts'

const DRAGON_LENGTH = 2

/** Reads a gzipped PLY file: vertices, triangles and normals, two units long, standing on the floor. */
export function readModel(file: Uint8Array): Model {
  return withNormals(standOnFloor(parsePly(gunzipSync(file)), DRAGON_LENGTH))
}

/** Cuts the triangles into ranges that can be built apart. */
export function splitModel(model: Model, parts: number): Split {
  return splitModelInto(model, parts)
}

/** Builds the hierarchy over one range. */
export function buildPart(model: Model, split: Split, part: number): Part {
  return buildPartOf(model, split, part)
}

/** Puts the parts together: what every ray needs. */
export function joinParts(model: Model, split: Split, parts: readonly Part[]): Scene {
  return joinPartsOf(model, split, parts)
}

/** Renders some samples of every pixel of a tile: red, green and blue, summed. */
export function renderPass(scene: Scene, view: View, at: { tile: Tile; pass: Pass }): Float32Array {
  const tracer = tracerFor(scene, view)
  const { tile, pass } = at
  const sums = new Float32Array(tile.width * tile.height * 3)
  let to = 0
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    for (let x = tile.x; x < tile.x + tile.width; x++) {
      let red = 0
      let green = 0
      let blue = 0
      for (let sample = pass.first; sample < pass.end; sample++) {
        tracer.follow(x, y, sample)
        red += tracer.light.x
        green += tracer.light.y
        blue += tracer.light.z
      }
      sums[to++] = red
      sums[to++] = green
      sums[to++] = blue
    }
  }
  return sums
}

/** Averages a tile's passes, added in the order given: sums of floats depend on it. */
export function mergePasses(samples: number, ...passes: readonly Float32Array[]): Float32Array {
  const sums = new Float64Array(passes[0]?.length ?? 0)
  for (const pass of passes) for (let at = 0; at < sums.length; at++) sums[at]! += pass[at]!
  return Float32Array.from(sums, (sum) => sum / samples)
}

/** One tracer per scene and worker: it lays the triangles out for speed, which takes longer than many a tile. */
let lastTracer: { scene: Scene; view: View; tracer: PathTracer } | undefined

function tracerFor(scene: Scene, view: View): PathTracer {
  if (lastTracer?.scene !== scene || !sameView(lastTracer.view, view)) {
    lastTracer = { scene, view, tracer: new PathTracer(scene, view) }
  }
  return lastTracer.tracer
}

function sameView(a: View, b: View): boolean {
  return a.width === b.width && a.height === b.height && a.samples === b.samples
}
