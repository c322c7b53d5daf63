import { describe, expect, test } from 'vitest'
import { cosTurns, exp, log, pow, sinTurns } from '../dragon/tracer/math.ts'
import { numbersFrom } from './support.ts'

const NEAR = 1e-9
const random = numbersFrom(1)
const samples = Array.from({ length: 20_000 }, random)

/** The largest error of a function against another, relative to what it should be where that is above 1. */
function worst(inputs: readonly number[], ours: (x: number) => number, theirs: (x: number) => number): number {
  let most = 0
  for (const x of inputs) {
    const right = theirs(x)
    most = Math.max(most, Math.abs(ours(x) - right) / Math.max(1, Math.abs(right)))
  }
  return most
}

describe('made of + - * / alone, close to what the engine gives', () => {
  const turns = [...samples.map((x) => x * 8 - 4), 0, 0.125, 0.25, 0.5, 0.75, 1, -0.25]
  test('sine', () => expect(worst(turns, sinTurns, (x) => Math.sin(x * 2 * Math.PI))).toBeLessThan(NEAR))
  test('cosine', () => expect(worst(turns, cosTurns, (x) => Math.cos(x * 2 * Math.PI))).toBeLessThan(NEAR))
  test('exponential', () =>
    expect(
      worst(
        samples.map((x) => x * 60 - 40),
        exp,
        Math.exp,
      ),
    ).toBeLessThan(NEAR))
  test('logarithm', () => {
    const inputs = [...samples, ...samples.map((x) => x * 1e-30), ...samples.map((x) => x * 1e30)]
    expect(worst(inputs, log, Math.log)).toBeLessThan(NEAR)
  })
  test('power', () => {
    expect(
      worst(
        samples.map((x) => x * 4),
        (x) => pow(x, 1 / 2.4),
        (x) => Math.pow(x, 1 / 2.4),
      ),
    ).toBeLessThan(NEAR)
  })
})

test('quarters of a turn are exact', () => {
  expect([0, 0.25, 0.5, 0.75].map((turns) => Math.abs(sinTurns(turns)))).toEqual([0, 1, 0, 1])
  expect(cosTurns(0.5)).toBe(-1)
})

test('the ends of the range', () => {
  expect([exp(-1e9), exp(1e9), exp(0), log(0), log(-1), log(1), pow(0, 2)]).toEqual([
    0,
    Infinity,
    1,
    -Infinity,
    -Infinity,
    0,
    0,
  ])
})
