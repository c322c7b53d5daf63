// The few transcendental functions a picture needs, made of + - * / alone.
//
// ECMAScript leaves Math.sin, Math.pow and their kin to the engine, so two engines may differ in the last
// bit, and a picture that must have one hash everywhere cannot use them. These agree everywhere because
// IEEE 754 fixes the four operations and the square root. They are accurate to about 1e-12, not to the last bit.

// Constants, unlike functions, are the same numbers in every engine.
const { LN2, SQRT1_2: SQRT_HALF } = Math
const HALF_PI = Math.PI / 2

/** The sine of a fraction of a full turn: `sinTurns(0.25)` is 1. */
export function sinTurns(turns: number): number {
  return cosTurns(turns - 0.25)
}

/** The cosine of a fraction of a full turn: `cosTurns(0.5)` is -1. */
export function cosTurns(turns: number): number {
  // Folded to a distance from the nearest whole turn in [0, 0.5], then to the quarter where the series is short.
  let away = turns - Math.floor(turns)
  if (away > 0.5) away = 1 - away
  return away > 0.25 ? -cosQuarter(0.5 - away) : cosQuarter(away)
}

function cosQuarter(turns: number): number {
  return turns > 0.125 ? sinSeries((0.25 - turns) * 4 * HALF_PI) : cosSeries(turns * 4 * HALF_PI)
}

function cosSeries(x: number): number {
  const s = x * x
  const tail = -1 / 3628800 + s / 479001600
  return 1 + s * (-1 / 2 + s * (1 / 24 + s * (-1 / 720 + s * (1 / 40320 + s * tail))))
}

function sinSeries(x: number): number {
  const s = x * x
  const tail = -1 / 39916800 + s / 6227020800
  return x * (1 + s * (-1 / 6 + s * (1 / 120 + s * (-1 / 5040 + s * (1 / 362880 + s * tail)))))
}

/** e to the power of x; 0 below -700, where nothing visible is left. */
export function exp(x: number): number {
  if (x < -700) return 0
  if (x > 700) return Infinity
  const twos = Math.floor(x / LN2 + 0.5)
  const rest = x - twos * LN2
  const tail = 1 / 720 + rest * (1 / 5040 + rest * (1 / 40320 + rest * (1 / 362880 + rest * (1 / 3628800))))
  const sum = 1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24 + rest * (1 / 120 + rest * tail)))))
  return sum * powerOfTwo(twos)
}

/** The natural logarithm of a positive x; -Infinity at and below 0. */
export function log(x: number): number {
  if (!(x > 0)) return -Infinity
  let twos = 0
  let mantissa = x
  while (mantissa >= 65536) {
    mantissa /= 65536
    twos += 16
  }
  while (mantissa < 1 / 65536) {
    mantissa *= 65536
    twos -= 16
  }
  while (mantissa >= 2 * SQRT_HALF) {
    mantissa /= 2
    twos++
  }
  while (mantissa < SQRT_HALF) {
    mantissa *= 2
    twos--
  }
  // log(m) = 2 artanh((m - 1) / (m + 1)); the argument is at most 0.172, so eight odd terms suffice.
  const z = (mantissa - 1) / (mantissa + 1)
  const s = z * z
  const tail = 1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13 + s * (1 / 15))))
  const sum = 1 + s * (1 / 3 + s * (1 / 5 + s * tail))
  return 2 * z * sum + twos * LN2
}

/** x to the power of y, for x >= 0. */
export function pow(x: number, y: number): number {
  return x > 0 ? exp(y * log(x)) : 0
}

/** x held within [low, high]. */
export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : x > high ? high : x
}

/** 0 below `from`, 1 above `to`, a smooth cubic between. */
export function smoothstep(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from), 0, 1)
  return t * t * (3 - 2 * t)
}

function powerOfTwo(n: number): number {
  let value = 1
  let base = n < 0 ? 0.5 : 2
  for (let left = n < 0 ? -n : n; left > 0; left >>= 1) {
    if (left & 1) value *= base
    base *= base
  }
  return value
}
