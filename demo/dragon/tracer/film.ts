// Develops light into eight-bit colours: exposure, a filmic curve, sRGB, ordered dithering.
//
// The curve is Stephen Hill's fit of the ACES reference rendering, which bends bright colours towards white
// rather than clipping them. A pixel's dither depends on its place alone, so tiles cannot be told apart.

import { clamp, pow } from './math.ts'

const EXPOSURE = 0.8

/** From linear sRGB into the space where the curve is applied, and back. */
const INTO = [0.59719, 0.35458, 0.04823, 0.076, 0.90834, 0.01566, 0.0284, 0.13383, 0.83777]
const BACK = [1.60475, -0.53108, -0.07367, -0.10208, 1.10813, -0.00605, -0.00327, -0.07276, 1.07602]

/** Develops pixels into the rows of a picture, three bytes each. */
export class Film {
  readonly #pixels: Uint8Array
  readonly #width: number

  constructor(pixels: Uint8Array, width: number) {
    this.#pixels = pixels
    this.#width = width
  }

  /** Develops the linear light of the pixel at (x, y). */
  develop(x: number, y: number, light: readonly [number, number, number]): void {
    const r = light[0] * EXPOSURE
    const g = light[1] * EXPOSURE
    const b = light[2] * EXPOSURE
    const p = curve(INTO[0]! * r + INTO[1]! * g + INTO[2]! * b)
    const q = curve(INTO[3]! * r + INTO[4]! * g + INTO[5]! * b)
    const s = curve(INTO[6]! * r + INTO[7]! * g + INTO[8]! * b)
    const dither = ditherAt(x, y)
    const to = (y * this.#width + x) * 3
    this.#pixels[to] = quantise(BACK[0]! * p + BACK[1]! * q + BACK[2]! * s, dither)
    this.#pixels[to + 1] = quantise(BACK[3]! * p + BACK[4]! * q + BACK[5]! * s, dither)
    this.#pixels[to + 2] = quantise(BACK[6]! * p + BACK[7]! * q + BACK[8]! * s, dither)
  }
}

function curve(x: number): number {
  return (x * (x + 0.0245786) - 0.000090537) / (x * (0.983729 * x + 0.432951) + 0.238081)
}

function quantise(linear: number, dither: number): number {
  const value = clamp(linear, 0, 1)
  const encoded = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055
  return clamp(Math.floor(encoded * 255 + dither), 0, 255)
}

/** Bayer's 8 x 8 matrix, as a threshold in (0, 1). */
function ditherAt(x: number, y: number): number {
  let value = 0
  for (let bit = 0; bit < 3; bit++) {
    const a = (x >> bit) & 1
    const b = (y >> bit) & 1
    value = value * 4 + ((a ^ b) * 2 + b)
  }
  return (value + 0.5) / 64
}
