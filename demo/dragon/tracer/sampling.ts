// Where the samples of a pixel fall: one Sobol' sequence for the whole picture, walked in Z-order over the
// pixels, shuffled and Owen-scrambled by hashing. Neighbouring pixels thereby share out the sequence, so
// what noise is left has no blotches. A sample depends on (x, y, sample number) and nothing else: not on
// the tile, the pass or the peer that computes it.
//
// Sources: Ahmed and Wonka, "Screen-Space Blue-Noise Diffusion of Monte Carlo Sampling Error via
// Hierarchical Ordering of Pixels" (2020); Burley, "Practical Hash-based Owen Scrambling" (2020).

const UNIT = 1 / 4294967296
const DIMENSIONS = 64

/** The second dimension of the Sobol' sequence, one table per byte of the index: its matrix is linear over XOR. */
const SOBOL = sobolTables()
const SEEDS = Int32Array.from({ length: DIMENSIONS * 3 }, (_, at) => mix(at + 1))

/** Draws pairs of numbers in [0, 1) for one pixel sample at a time; `u` and `v` hold the last pair. */
export class Sampler {
  u = 0.5
  v = 0.5
  #reversedIndex = 0
  #dimension = 0
  #state = 0
  readonly #sampleBits: number

  /** @param samples how many samples each pixel takes in all: fixes how the sequence is shared out. */
  constructor(samples: number) {
    let bits = 0
    while (1 << bits < samples) bits++
    this.#sampleBits = bits
  }

  /** Begins sample number `sample` of the pixel at (x, y). */
  start(x: number, y: number, sample: number): void {
    const index = (zOrder(x, y) << this.#sampleBits) | sample
    this.#reversedIndex = reverseBits(index)
    this.#dimension = 0
    this.#state = mix(index)
  }

  /** Draws a number in [0, 1) that keeps to no pattern, for steps whose count is not known beforehand. */
  chance(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    return (mix(this.#state) >>> 0) * UNIT
  }

  /** Draws the next pair. */
  next(): void {
    const seed = (this.#dimension++ % DIMENSIONS) * 3
    const index = reverseBits(scramble(this.#reversedIndex, SEEDS[seed]!))
    const second =
      SOBOL[index & 255]! ^
      SOBOL[256 + ((index >>> 8) & 255)]! ^
      SOBOL[512 + ((index >>> 16) & 255)]! ^
      SOBOL[768 + (index >>> 24)]!
    this.u = (reverseBits(scramble(index, SEEDS[seed + 1]!)) >>> 0) * UNIT
    this.v = (reverseBits(scramble(reverseBits(second), SEEDS[seed + 2]!)) >>> 0) * UNIT
  }
}

/** A well-mixed 32-bit hash of an integer. */
export function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

/** Owen scrambling of bit-reversed input: each bit is flipped by a hash of the bits below it. */
function scramble(reversed: number, seed: number): number {
  let x = reversed
  x ^= Math.imul(x, 0x3d20adea)
  x = (x + seed) | 0
  x = Math.imul(x, (seed >>> 16) | 1)
  x ^= Math.imul(x, 0x05526c56)
  x ^= Math.imul(x, 0x53a22864)
  return x
}

function reverseBits(value: number): number {
  let x = value
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return (x >>> 16) | (x << 16)
}

function zOrder(x: number, y: number): number {
  return spread(x) | (spread(y) << 1)
}

function spread(value: number): number {
  let x = value & 0xffff
  x = (x | (x << 8)) & 0x00ff00ff
  x = (x | (x << 4)) & 0x0f0f0f0f
  x = (x | (x << 2)) & 0x33333333
  return (x | (x << 1)) & 0x55555555
}

/** Column k of the matrix is column k-1 XOR its right shift by one: Pascal's triangle modulo two. */
function sobolTables(): Int32Array {
  const columns = new Int32Array(32)
  columns[0] = 1 << 31
  for (let k = 1; k < 32; k++) columns[k] = columns[k - 1]! ^ (columns[k - 1]! >>> 1)
  const tables = new Int32Array(1024)
  for (let byte = 0; byte < 4; byte++) {
    for (let value = 0; value < 256; value++) {
      let sum = 0
      for (let bit = 0; bit < 8; bit++) if (value & (1 << bit)) sum ^= columns[byte * 8 + bit]!
      tables[byte * 256 + value] = sum
    }
  }
  return tables
}
