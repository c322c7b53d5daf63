// Follows one path of light backwards: from the camera over the dragon and the floor to a light or the sky.
//
// A surface is a coat over a body. The body scatters evenly, or lets light through to wherever it comes out
// again, dyed by the length of the way, and is lit by one shadow ray per vertex; the coat sees the lights as
// they are. What the camera sees first is followed both ways. After a body, coats count as bodies: the
// caustics that this leaves out would be noise at the few samples there are.

import { BvhTracer, Ray } from './bvh-trace.ts'
import type { Scene } from './bvh-build.ts'
import { Birds } from './birds.ts'
import { Camera } from './camera.ts'
import { Lights } from './light.ts'
import { cosTurns, log, sinTurns } from './math.ts'
import { Sampler } from './sampling.ts'
import { fresnel, fromBody, offCoat } from './scatter.ts'
import { skyLight } from './sky.ts'
import { CAMERA, LIGHTS } from './stage.ts'
import { Surface } from './surface.ts'
import { Vector, type Triple } from './vector.ts'

const BOUNCES_MAX = 6
const FAR = 1e6
/** The most grains a path strikes inside the dragon. */
const STEPS_MAX = 40
const INVERSE_PI = 0.3183098861837907

/** The most that a sample may gain from light off coats, and from light that came through or off other bodies. */
const COAT_MAX = 6
const INDIRECT_MAX = 1.3

/** The picture as a whole: its size, and how many samples each pixel takes in all. */
export interface View {
  readonly width: number
  readonly height: number
  readonly samples: number
}

export class PathTracer {
  /** The light of the last path. */
  readonly light = new Vector()
  readonly #view: View
  readonly #bvh: BvhTracer
  readonly #scene: Scene
  readonly #camera: Camera
  readonly #sampler: Sampler
  readonly #birds = new Birds()
  readonly #lights = new Lights(LIGHTS)
  readonly #ray = new Ray()
  readonly #shadow = new Ray()
  readonly #here = new Surface()
  readonly #first = new Surface()
  readonly #direction = new Vector()
  readonly #throughput = new Vector()
  readonly #emission = new Vector()

  constructor(scene: Scene, view: View) {
    this.#scene = scene
    this.#view = view
    this.#bvh = new BvhTracer(scene)
    this.#camera = new Camera(CAMERA, view.width / view.height)
    this.#sampler = new Sampler(view.samples)
  }

  /** Follows sample number `sample` of the pixel at (x, y); the result is in `light`. */
  follow(x: number, y: number, sample: number): void {
    const [here, throughput] = [this.#here, this.#throughput]
    this.light.set(0, 0, 0)
    throughput.set(1, 1, 1)
    this.#start(x, y, sample)
    if (!this.#meet(true, false)) return this.#gather(this.#emission, Infinity)
    this.#first.copy(here)
    throughput.scale(1 - fresnel(here.material.coat, here.normal.dot(here.back)))
    if (this.#scatter(Infinity)) this.#wander(false)
    here.copy(this.#first)
    this.#sampler.next()
    const weight = offCoat(here, this.#sampler, this.#direction)
    if (weight === 0) return
    here.leave(this.#ray, this.#direction)
    throughput.set(weight, weight, weight)
    this.#wander(true)
  }

  /** Follows the ray from surface to surface until it ends in light or comes to nothing. */
  #wander(onCoat: boolean): void {
    const [throughput, sampler] = [this.#throughput, this.#sampler]
    let glossy = onCoat
    for (let bounce = 1; bounce < BOUNCES_MAX; bounce++) {
      if (!this.#meet(glossy, glossy && this.#here.material.mirrorsLights)) {
        return this.#gather(this.#emission, glossy && bounce === 1 ? COAT_MAX : INDIRECT_MAX)
      }
      sampler.next()
      const strength = 2 * Math.max(throughput.x, throughput.y, throughput.z)
      if (strength < 1) {
        if (sampler.v >= strength) return
        throughput.scale(1 / strength)
      }
      if (glossy && this.#glance(sampler.u)) continue
      if (!glossy) this.#scatterRoughly()
      else if (!this.#scatter(INDIRECT_MAX)) return
      glossy = false
    }
  }

  #start(x: number, y: number, sample: number): void {
    const sampler = this.#sampler
    sampler.start(x, y, sample)
    sampler.next()
    // A tent two pixels wide: soft enough against jagged edges, and each pixel keeps its samples to itself.
    const film = {
      x: ((x + 0.5 + tent(sampler.u)) / this.#view.width) * 2 - 1,
      y: 1 - ((y + 0.5 + tent(sampler.v)) / this.#view.height) * 2,
    }
    sampler.next()
    this.#camera.aim(this.#ray, film, sampler)
  }

  /** Stands the path on the surface that the ray meets; or says that it met none, with what shines in `emission`. */
  #meet(sharp: boolean, lightsShow: boolean): boolean {
    const ray = this.#ray
    ray.t = FAR
    const onDragon = this.#bvh.closest(ray)
    const floor = ray.dy < 0 ? -ray.y / ray.dy : FAR
    const onFloor = floor > 0 && floor < ray.t
    if (onFloor) ray.t = floor
    if (lightsShow && this.#lights.meet(ray, this.#emission)) return false
    if (onFloor) this.#here.onFloor(ray)
    else if (onDragon) this.#here.onDragon(this.#scene, ray, 1)
    else {
      skyLight(ray, this.#emission)
      if (sharp) this.#emission.scale(this.#birds.clear(ray.dx, ray.dy, ray.dz))
      return false
    }
    return true
  }

  /** Chooses between the coat and the body; true when the path glances off the coat. */
  #glance(choice: number): boolean {
    const [here, throughput] = [this.#here, this.#throughput]
    const mirror = fresnel(here.material.coat, here.normal.dot(here.back))
    const chance = 0.75 * mirror + 0.25 * Math.sqrt(mirror)
    if (choice >= chance) {
      throughput.scale((1 - mirror) / (1 - chance))
      return false
    }
    this.#sampler.next()
    throughput.scale(offCoat(here, this.#sampler, this.#direction) / chance)
    here.leave(this.#ray, this.#direction)
    return true
  }

  /** Lets the body, seen closely, light up and send the path on; false when the path ends. */
  #scatter(most: number): boolean {
    const sampler = this.#sampler
    const { albedo, translucency } = this.#here.material
    sampler.next()
    const through = sampler.u < translucency
    sampler.next()
    if (through && !this.#passThrough()) return false
    if (!through) this.#dye(albedo)
    this.#lightUp(through ? INDIRECT_MAX : most)
    return true
  }

  /** The same for a body that is not looked at. */
  #scatterRoughly(): void {
    this.#dye(this.#here.material.overall)
    this.#lightUp(INDIRECT_MAX)
  }

  /** Adds the lights' share, at most `most`, and sends the path on from the body. */
  #lightUp(most: number): void {
    const [here, sampler, lights] = [this.#here, this.#sampler, this.#lights]
    sampler.next()
    const pick = sampler.v
    sampler.next()
    if (lights.choose(here.at, here.normal, { pick, u: sampler.u, v: sampler.v }) && this.#lit()) {
      lights.given.scale(INVERSE_PI)
      this.#gather(lights.given, most)
    }
    sampler.next()
    fromBody(here, sampler, this.#direction)
    here.leave(this.#ray, this.#direction)
  }

  /** Lets the path stray among the grains inside until it comes out again; false when nothing is left of it. */
  #passThrough(): boolean {
    const [here, ray, sampler] = [this.#here, this.#ray, this.#sampler]
    const { freePath, inside } = here.material
    here.turn()
    fromBody(here, sampler, this.#direction)
    here.leave(ray, this.#direction)
    for (let step = 0; step < STEPS_MAX; step++) {
      const free = -log(1 - sampler.chance()) * freePath
      ray.t = free
      if (this.#bvh.closest(ray)) {
        here.onDragon(this.#scene, ray, -1)
        return true
      }
      ray.x += free * ray.dx
      ray.y += free * ray.dy
      ray.z += free * ray.dz
      const around = sampler.chance()
      const up = 1 - 2 * sampler.chance()
      const across = Math.sqrt(1 - up * up)
      ray.dx = across * cosTurns(around)
      ray.dy = up
      ray.dz = across * sinTurns(around)
      this.#dye(inside)
    }
    return false
  }

  /** Whether the chosen light reaches the place. */
  #lit(): boolean {
    const shadow = this.#shadow
    const { direction, distance } = this.#lights
    if (direction.dot(this.#here.facet) <= 0) return false
    this.#here.leave(shadow, direction)
    shadow.t = distance
    return !this.#bvh.blocked(shadow)
  }

  #dye(by: Triple): void {
    const throughput = this.#throughput
    throughput.set(throughput.x * by[0], throughput.y * by[1], throughput.z * by[2])
  }

  #gather(from: Vector, most: number): void {
    const [light, throughput] = [this.light, this.#throughput]
    const red = throughput.x * from.x
    const green = throughput.y * from.y
    const blue = throughput.z * from.z
    const strongest = Math.max(red, green, blue)
    const scale = strongest > most ? most / strongest : 1
    light.set(light.x + scale * red, light.y + scale * green, light.z + scale * blue)
  }
}

/** A number in (-1, 1), most often near 0, from one in [0, 1). */
function tent(uniform: number): number {
  return uniform < 0.5 ? Math.sqrt(2 * uniform) - 1 : 1 - Math.sqrt(2 - 2 * uniform)
}
