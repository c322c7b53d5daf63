import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { mergePasses, renderPass } from '../dragon/dragon.task.ts'
import { Picture } from '../dragon/picture.ts'
import { countTasks, PARTS, planPicture, type Pass, type Tile } from '../dragon/plan.ts'
import type { View } from '../dragon/tracer/path.ts'
import { ballScene } from './support.ts'

const view: View = { width: 48, height: 27, samples: 8 }
const scene = ballScene(24)
const everySample: Pass = { first: 0, end: view.samples }

/** Renders the whole view in tiles of this size, and lays them side by side. */
function inTiles(width: number, height: number): Float32Array {
  const whole = new Float32Array(view.width * view.height * 3)
  for (let y = 0; y < view.height; y += height) {
    for (let x = 0; x < view.width; x += width) {
      const tile: Tile = { x, y, width: Math.min(width, view.width - x), height: Math.min(height, view.height - y) }
      const light = renderPass(scene, view, { tile, pass: everySample })
      for (let row = 0; row < tile.height; row++) {
        const from = row * tile.width * 3
        whole.set(light.subarray(from, from + tile.width * 3), ((y + row) * view.width + x) * 3)
      }
    }
  }
  return whole
}

describe('the picture does not depend on how it was cut', () => {
  const whole = inTiles(view.width, view.height)

  test.each([
    [1, view.height],
    [7, 5],
    [16, 16],
  ])('into tiles of %i x %i', (width, height) => {
    expect(inTiles(width, height)).toEqual(whole)
  })

  test('nor on what the same worker rendered before', () => {
    renderPass(ballScene(8), { ...view, width: 20 }, { tile: { x: 3, y: 3, width: 4, height: 4 }, pass: everySample })
    expect(inTiles(view.width, view.height)).toEqual(whole)
  })

  test('nor on how many parts the hierarchy was built in', () => {
    const tile = { x: 12, y: 6, width: 20, height: 18 }
    const pass = { first: 0, end: 2 }
    expect(renderPass(ballScene(24, 1), view, { tile, pass })).toEqual(renderPass(scene, view, { tile, pass }))
  })

  test('and shows something', () => {
    expect(new Set(whole).size).toBeGreaterThan(1_000)
    expect(whole.every((light) => light >= 0 && light < 1_000)).toBe(true)
  })
})

describe('passes', () => {
  test('are added in the order given and averaged', () => {
    // In single floats 1e8 + 1 - 1e8 depends on the order; in doubles, rounded once at the end, it does not.
    const [a, b, c] = [
      [1e8, 3],
      [1, 3],
      [-1e8, 3],
    ].map((light) => Float32Array.from(light))
    expect([...mergePasses(2, a!, b!, c!)]).toEqual([0.5, 4.5])
  })

  test('cover every sample once', () => {
    for (const samples of [1, 4, 5, 32]) {
      const { passes } = planPicture({ ...view, samples })
      expect(passes.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, at) => first + at))).toEqual(
        Array.from({ length: samples }, (_, at) => at),
      )
    }
  })

  test('of a tile fit into what travels inline with an outcome', () => {
    const { tiles } = planPicture({ width: 1000, height: 700, samples: 1 })
    for (const { width, height } of tiles) expect(width * height * 3 * 4).toBeLessThan(64 * 1024)
  })
})

test('tiles cover every pixel once, and the plan counts its tasks', () => {
  const plan = planPicture({ width: 203, height: 101, samples: 9 })
  const seen = new Uint8Array(203 * 101)
  for (const tile of plan.tiles) {
    for (let y = tile.y; y < tile.y + tile.height; y++)
      for (let x = tile.x; x < tile.x + tile.width; x++) seen[y * 203 + x]!++
  }
  expect(seen.every((times) => times === 1)).toBe(true)
  expect(countTasks(plan)).toBe(3 + PARTS + plan.tiles.length * (plan.passes.length + 1))
})

test('a small picture is the one on record', () => {
  const plan = planPicture(view)
  const picture = new Picture(plan)
  for (const [at, tile] of plan.tiles.entries()) {
    const passes = plan.passes.map((pass) => renderPass(scene, view, { tile, pass }))
    passes.forEach((light, pass) => picture.preview(at, pass, light))
    expect(picture.complete).toBe(false)
    picture.finish(at, mergePasses(view.samples, ...passes))
  }
  expect(picture.complete).toBe(true)
  // Changes with the tracer and the stage, and with nothing else: look at the picture before writing a new one.
  expect(createHash('sha256').update(picture.pixels).digest('hex')).toMatchInlineSnapshot(
    `"acbe90308f35d44ab259540ddb4770a18a3089f8ddf6d25c8906dd2d0a7c3e30"`,
  )
})
