// Small worlds for the tests: a seeded source of numbers, a bumpy ball as a PLY file, and its scene.

import { gzipSync, strToU8 } from 'fflate'
import { buildPart, joinParts, readModel, splitModel } from '../dragon/dragon.task.ts'
import type { Scene } from '../dragon/tracer/bvh-build.ts'
import { mix } from '../dragon/tracer/sampling.ts'

/** Numbers in [0, 1), the same ones every time. */
export function numbersFrom(seed: number): () => number {
  let at = seed
  return () => (mix(Math.imul(++at, 2654435761)) >>> 0) / 4294967296
}

/** A ball of `rings` x `rings` quadrilaterals, dented here and there, as ASCII PLY. */
export function ballAsPly(rings: number): string {
  const random = numbersFrom(rings)
  const vertices: string[] = []
  const faces: string[] = []
  for (let row = 0; row <= rings; row++) {
    for (let column = 0; column < rings; column++) {
      const up = Math.cos((row / rings) * Math.PI)
      const out = Math.sqrt(Math.max(0, 1 - up * up))
      const radius = 1 + 0.15 * random()
      const around = (column / rings) * 2 * Math.PI
      vertices.push(
        [radius * out * Math.cos(around), radius * up, radius * out * Math.sin(around)]
          .map((x) => x.toFixed(5))
          .join(' '),
      )
      if (row === rings) continue
      const next = (column + 1) % rings
      const [a, b] = [row * rings + column, row * rings + next]
      faces.push(`3 ${a} ${b} ${a + rings}`, `3 ${b} ${b + rings} ${a + rings}`)
    }
  }
  return plyOf(vertices, faces)
}

export function plyOf(vertices: readonly string[], faces: readonly string[]): string {
  const header = [
    'ply',
    'format ascii 1.0',
    'comment a test',
    `element vertex ${vertices.length}`,
    'property float x',
    'property float y',
    'property float z',
    `element face ${faces.length}`,
    'property list uchar int vertex_indices',
    'end_header',
  ]
  return [...header, ...vertices, ...faces, ''].join('\n')
}

/** What the task functions make of a ball. */
export function ballScene(rings: number, parts = 4): Scene {
  const model = readModel(gzipSync(strToU8(ballAsPly(rings))))
  const split = splitModel(model, parts)
  const built = Array.from(split.starts.subarray(1), (_, part) => buildPart(model, split, part))
  return joinParts(model, split, built)
}
