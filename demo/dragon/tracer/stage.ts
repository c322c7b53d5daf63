// The set: where the camera stands, what shines, what things are made of. Taste lives here, in numbers.
//
// The dragon is two units long, faces -x, stands on y = 0 and looks past the camera's left shoulder.

import type { Triple } from './vector.ts'

export interface RectangleLight {
  readonly centre: Triple
  /** Where it looks. */
  readonly target: Triple
  readonly width: number
  readonly height: number
  readonly emission: Triple
}

export interface Material {
  /** What the body under the coat sends back from where the light comes in. */
  readonly albedo: Triple
  /** What it sends back from anywhere: stands for it where it is only seen by the light it throws on other things. */
  readonly overall: Triple
  /** What the coat reflects head on. */
  readonly coat: number
  /** The coat's roughness, GGX alpha. */
  readonly roughness: number
  /** Whether lights show in the coat. A photographer would turn a polariser. */
  readonly mirrorsLights: boolean
  /** The share of the body's light that travels through the inside. */
  readonly translucency: number
  /** How far it gets in there before it strikes a grain, on average, and what each grain leaves of it. */
  readonly freePath: number
  readonly inside: Triple
}

export const CAMERA = {
  eye: [-1.75, 0.5, 4.3] as Triple,
  target: [0.22, 0.63, 0] as Triple,
  /** Half the picture's height, one unit before the lens. */
  halfHeight: 0.212,
  lensRadius: 0.005,
  /** The plane of sharpness goes through here. */
  focus: [-0.45, 0.75, 0.3] as Triple,
}

export const LIGHTS: readonly RectangleLight[] = [
  // Key: a soft box, high on the left, nearly white.
  { centre: [-3.6, 3.6, 1.5], target: [0, 0.6, 0], width: 1.9, height: 1.5, emission: [38, 36.5, 35] },
  // Rim: the low evening sun behind the dragon's right shoulder; it makes thin stone glow.
  { centre: [4, 1.8, -3.4], target: [0, 0.7, 0], width: 1.6, height: 1.6, emission: [110, 56, 20] },
]

export const JADE: Material = {
  albedo: [0.12, 0.45, 0.26],
  overall: [0.17, 0.52, 0.34],
  coat: 0.045,
  roughness: 0.08,
  mirrorsLights: true,
  translucency: 0.5,
  freePath: 0.022,
  inside: [0.74, 0.965, 0.86],
}

export const FLOOR: Material = {
  albedo: [0.016, 0.024, 0.04],
  overall: [0.016, 0.024, 0.04],
  coat: 0.16,
  roughness: 0.006,
  mirrorsLights: false,
  translucency: 0,
  freePath: 0,
  inside: [0, 0, 0],
}

/** The evening sky from the horizon up: a colour and the height, the sine of the elevation, where it holds. */
export const SKY: readonly { readonly height: number; readonly colour: Triple }[] = [
  { height: 0, colour: [1.5, 0.62, 0.24] },
  { height: 0.035, colour: [1.2, 0.52, 0.28] },
  { height: 0.09, colour: [0.7, 0.37, 0.34] },
  { height: 0.17, colour: [0.27, 0.24, 0.42] },
  { height: 0.3, colour: [0.1, 0.15, 0.38] },
  { height: 1, colour: [0.05, 0.09, 0.25] },
]

export const SUNSET = {
  /** Towards the sun that has just set. */
  direction: [0.62, 0.01, -0.78] as Triple,
  colour: [1.3, 0.5, 0.12] as Triple,
  /** The smaller, the closer the glow keeps to it. */
  spread: 0.05,
  /** How much of the sky is left on the side away from it. */
  opposite: 0.16,
}

/** Lengths are in half heights of the picture, from its centre. */
export const BIRDS = {
  seed: 7,
  count: 2600,
  path: [
    [0.08, 0.9],
    [0.98, 1.02],
    [0.6, 0.28],
    [1.7, 0.66],
  ] as const,
  /** How far birds stray from the path, from its beginning to its end. */
  swell: [0.03, 0.07, 0.14, 0.19, 0.2, 0.13, 0.07, 0.06, 0.1, 0.12, 0.05],
  small: 0.004,
  large: 0.017,
  darkness: 0.92,
}
