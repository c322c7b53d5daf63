// The evening sky, as light from a direction.

import { SKY, SUNSET } from './stage.ts'
import { unit, type Vector } from './vector.ts'

const SUN = unit(SUNSET.direction)

/** Writes what the sky sends from a direction to `light`. */
export function skyLight(direction: { dx: number; dy: number; dz: number }, light: Vector): void {
  const { dx, dy, dz } = direction
  const height = dy > 0 ? dy : 0
  let at = 1
  while (at < SKY.length - 1 && SKY[at]!.height < height) at++
  const [below, above] = [SKY[at - 1]!, SKY[at]!]
  const blend = (height - below.height) / (above.height - below.height)
  const cosine = dx * SUN[0] + dy * SUN[1] + dz * SUN[2]
  const glow = SUNSET.spread / (SUNSET.spread + 1 - cosine)
  const shade = SUNSET.opposite + (1 - SUNSET.opposite) * (0.5 + 0.5 * cosine)
  light.set(
    (below.colour[0] + (above.colour[0] - below.colour[0]) * blend) * shade + SUNSET.colour[0] * glow,
    (below.colour[1] + (above.colour[1] - below.colour[1]) * blend) * shade + SUNSET.colour[1] * glow,
    (below.colour[2] + (above.colour[2] - below.colour[2]) * blend) * shade + SUNSET.colour[2] * glow,
  )
}
