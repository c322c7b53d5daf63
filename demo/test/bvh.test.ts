import { describe, expect, test } from 'vitest'
import { buildPart, joinParts, splitModel, type Scene } from '../dragon/tracer/bvh-build.ts'
import { BvhTracer, Ray } from '../dragon/tracer/bvh-trace.ts'
import { withNormals, type Model } from '../dragon/tracer/model.ts'
import { numbersFrom } from './support.ts'

const FAR = 1e9

/** Triangles strewn about a cube, some of them in one place, some large. */
function strewn(count: number, seed: number): Model {
  const random = numbersFrom(seed)
  const positions = new Float32Array(count * 9)
  for (let triangle = 0; triangle < count; triangle++) {
    const size = triangle % 17 === 0 ? 1.5 : 0.2
    const centre = triangle % 5 === 0 ? [0.5, 0.5, 0.5] : [random() * 4 - 2, random() * 4 - 2, random() * 4 - 2]
    for (let at = 0; at < 9; at++) positions[triangle * 9 + at] = centre[at % 3]! + (random() - 0.5) * size
  }
  return withNormals({ positions, triangles: new Uint32Array(count * 3).map((_, at) => at) })
}

function build(model: Model, parts: number): Scene {
  const split = splitModel(model, parts)
  return joinParts(
    model,
    split,
    Array.from(split.starts.subarray(1), (_, part) => buildPart(model, split, part)),
  )
}

/** Somewhere about the cube, towards something in it; every fourth ray along an axis, where division by zero waits. */
function aim(ray: Ray, random: () => number): void {
  ray.x = random() * 6 - 3
  ray.y = random() * 6 - 3
  ray.z = random() * 6 - 3
  const axis = Math.floor(random() * 12)
  const towards = (): number => random() * 2 - 1
  const [x = 0, y = 0, z = 0] =
    axis < 3 ? [0, 1, 2].map((at) => (at === axis ? 1 : 0)) : [towards() - ray.x, towards() - ray.y, towards() - ray.z]
  const length = Math.sqrt(x * x + y * y + z * z)
  ray.dx = x / length
  ray.dy = y / length
  ray.dz = z / length
  ray.t = FAR
}

/** The distance to the nearest triangle, each of them asked. */
function nearest({ positions: p, triangles }: Scene, ray: Ray): number {
  let best = FAR
  for (let at = 0; at < triangles.length; at += 3) {
    const [a, b, c] = [0, 1, 2].map((corner) => [
      ...p.subarray(triangles[at + corner]! * 3, triangles[at + corner]! * 3 + 3),
    ])
    const u = b!.map((x, axis) => x - a![axis]!)
    const v = c!.map((x, axis) => x - a![axis]!)
    const d = [ray.dx, ray.dy, ray.dz]
    const s = [ray.x - a![0]!, ray.y - a![1]!, ray.z - a![2]!]
    const [h, q] = [cross(d, v), cross(s, u)]
    const determinant = dot(u, h)
    const [first, second, t] = [dot(s, h) / determinant, dot(d, q) / determinant, dot(v, q) / determinant]
    if (first >= 0 && second >= 0 && first + second <= 1 && t > 0 && t < best) best = t
  }
  return best
}

const dot = (a: number[], b: number[]): number => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!
const cross = (a: number[], b: number[]): number[] => [
  a[1]! * b[2]! - a[2]! * b[1]!,
  a[2]! * b[0]! - a[0]! * b[2]!,
  a[0]! * b[1]! - a[1]! * b[0]!,
]

describe.each([
  ['one triangle', 1, 1],
  ['fewer triangles than parts', 3, 8],
  ['one part', 500, 1],
  ['many parts', 500, 13],
])('%s', (_, count, parts) => {
  const scene = build(strewn(count, count + parts), parts)
  const tracer = new BvhTracer(scene)

  test('a ray meets what it would meet if every triangle were asked', () => {
    const random = numbersFrom(99)
    const ray = new Ray()
    let hits = 0
    for (let at = 0; at < 400; at++) {
      aim(ray, random)
      const expected = nearest(scene, ray)
      const found = tracer.closest(ray)
      expect(found).toBe(expected < FAR)
      if (found) expect(ray.t).toBeCloseTo(expected, 9)
      if (found) hits++
      ray.t = expected * 0.999
      expect(tracer.blocked(ray)).toBe(false)
      ray.t = expected === FAR ? FAR : expected * 1.001
      expect(tracer.blocked(ray)).toBe(expected < FAR)
    }
    if (count > 100) expect(hits).toBeGreaterThan(50)
  })

  test('every triangle lies in one leaf', () => {
    const sorted = (triangles: Uint32Array): string[] =>
      Array.from({ length: triangles.length / 3 }, (_, at) => triangles.slice(at * 3, at * 3 + 3).join()).sort()
    expect(sorted(scene.triangles)).toEqual(sorted(strewn(count, count + parts).triangles))
  })
})

test('triangles that cannot be told apart are still divided', () => {
  const positions = new Float32Array(100 * 9).map((_, at) => [0, 0, 0, 1, 0, 0, 0, 1, 0][at % 9]!)
  const scene = build(withNormals({ positions, triangles: new Uint32Array(300).map((_, at) => at) }), 4)
  const ray = Object.assign(new Ray(), { x: 0.2, y: 0.2, z: 1, dx: 0, dy: 0, dz: -1, t: FAR })
  expect(new BvhTracer(scene).closest(ray)).toBe(true)
  expect(ray.t).toBeCloseTo(1, 12)
})
