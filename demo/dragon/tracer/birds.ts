// A murmuration in the evening sky: two thousand starlings, drawn once into a small picture of how much of the
// sky they hide, and looked up by direction. In front of the camera only; the floor mirrors them too.

import { cosTurns, sinTurns } from './math.ts'
import { mix } from './sampling.ts'
import { CAMERA, BIRDS } from './stage.ts'
import { cross, difference, unit, type Triple } from './vector.ts'

const WIDTH = 1536
const HEIGHT = 896

/** The patch of the picture plane that the flock's picture covers, in half heights from the centre. */
const LEFT = -0.1
const BOTTOM = 0
const TEXELS_PER_UNIT = 800

export class Birds {
  readonly #hidden = new Uint8Array(WIDTH * HEIGHT)
  readonly #forward: Triple
  readonly #right: Triple
  readonly #up: Triple
  #draws = 0

  constructor() {
    this.#forward = unit(difference(CAMERA.target, CAMERA.eye))
    this.#right = unit(cross(this.#forward, [0, 1, 0]))
    this.#up = cross(this.#right, this.#forward)
    for (let bird = 0; bird < BIRDS.count; bird++) this.#addBird()
  }

  /** The share of the sky that is left in a direction: 1 where no bird is. */
  clear(dx: number, dy: number, dz: number): number {
    const [f, r, u] = [this.#forward, this.#right, this.#up]
    const depth = (dx * f[0] + dy * f[1] + dz * f[2]) * CAMERA.halfHeight
    if (depth <= 0) return 1
    const x = ((dx * r[0] + dy * r[1] + dz * r[2]) / depth - LEFT) * TEXELS_PER_UNIT - 0.5
    const y = ((dx * u[0] + dy * u[1] + dz * u[2]) / depth - BOTTOM) * TEXELS_PER_UNIT - 0.5
    const column = Math.floor(x)
    const row = Math.floor(y)
    if (column < 0 || row < 0 || column >= WIDTH - 1 || row >= HEIGHT - 1) return 1
    const at = row * WIDTH + column
    const h = this.#hidden
    const low = h[at]! + (h[at + 1]! - h[at]!) * (x - column)
    const high = h[at + WIDTH]! + (h[at + WIDTH + 1]! - h[at + WIDTH]!) * (x - column)
    return 1 - (low + (high - low) * (y - row)) / 255
  }

  #draw(): number {
    return (mix(Math.imul(this.#draws++, 2654435761) ^ BIRDS.seed) >>> 0) / 4294967296
  }

  /** A number that is most often near 0 and never beyond 1.5. */
  #stray(): number {
    return this.#draw() + this.#draw() + this.#draw() - 1.5
  }

  /** Places a bird beside the flock's path, most often near it, wings on either side of its body. */
  #addBird(): void {
    // More birds where the flock is wide.
    let along = this.#draw()
    while (this.#draw() > 0.1 + 5 * swellAt(along)) along = this.#draw()
    const x = onPath(along, 0) + this.#stray() * swellAt(along)
    const y = onPath(along, 1) + this.#stray() * swellAt(along)
    const size = BIRDS.small + (BIRDS.large - BIRDS.small) * this.#draw() * this.#draw()
    const bank = (this.#draw() - 0.5) * 0.35
    const flap = 0.02 + 0.16 * this.#draw()
    this.#addWing({ x, y, angle: bank + flap, length: size })
    this.#addWing({ x, y, angle: bank + 0.5 - flap, length: size })
  }

  /** Darkens the texels near a short stroke. */
  #addWing(wing: { x: number; y: number; angle: number; length: number }): void {
    const x = (wing.x - LEFT) * TEXELS_PER_UNIT
    const y = (wing.y - BOTTOM) * TEXELS_PER_UNIT
    const length = wing.length * TEXELS_PER_UNIT
    const [cosine, sine] = [cosTurns(wing.angle), sinTurns(wing.angle)]
    const half = Math.max(0.6, length * 0.16)
    const reach = length + 2
    for (let row = Math.max(0, Math.floor(y - reach)); row < Math.min(HEIGHT, y + reach); row++) {
      for (let column = Math.max(0, Math.floor(x - reach)); column < Math.min(WIDTH, x + reach); column++) {
        const px = column + 0.5 - x
        const py = row + 0.5 - y
        const near = Math.max(0, Math.min(length, px * cosine + py * sine))
        const ox = px - near * cosine
        const oy = py - near * sine
        // Wings taper towards their tips.
        const cover = half * (1.25 - near / length) + 0.5 - Math.sqrt(ox * ox + oy * oy)
        const dark = Math.floor(255 * BIRDS.darkness * Math.max(0, Math.min(1, cover)))
        const at = row * WIDTH + column
        if (dark > this.#hidden[at]!) this.#hidden[at] = dark
      }
    }
  }
}

function swellAt(along: number): number {
  const place = along * (BIRDS.swell.length - 1)
  const knot = Math.floor(place)
  const [from, to] = [BIRDS.swell[knot] ?? 0, BIRDS.swell[knot + 1] ?? 0]
  return from + (to - from) * (place - knot)
}

/** The flock's path, a cubic Bezier curve. */
function onPath(t: number, axis: 0 | 1): number {
  const [a, b, c, d] = BIRDS.path
  const s = 1 - t
  return s * s * s * a[axis] + 3 * s * s * t * b[axis] + 3 * s * t * t * c[axis] + t * t * t * d[axis]
}
