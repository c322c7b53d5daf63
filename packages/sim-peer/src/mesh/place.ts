// Where simulated code runs: a worker, the shell of a peer, a program. Each place has its peer's clock, so what its code asks of
// time and chance (timers, `performance.now`, `Date.now`, `Math.random`) is the simulation's; code outside of every place goes on
// as ever. Which place it is follows the code through its promises, as AsyncLocalStorage does. No one else's global is
// touched for longer than a simulation runs.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { CurrentTask } from '@murmuration/core/internal'
import { Rng, hash32, taskGlobal } from '@murmuration/core/internal'
import type { SimPeer } from '../peer.ts'
import type { Timing } from './timing.ts'
import { VirtualTimer } from './virtual-timer.ts'

const places = new AsyncLocalStorage<Place>()

/** Where the code that asks runs. Undefined outside of a simulation, as for what the engine does by itself: collecting garbage. */
export const currentPlace = (): Place | undefined => places.getStore()

export class Place {
  readonly timing: Timing
  /** Whose clock it has, and with whom it stands still. Null: the stage itself. */
  readonly peer: SimPeer | null
  readonly rng: Rng
  task: CurrentTask | null = null
  isOver = false

  constructor(timing: Timing, peer: SimPeer | null, name: string) {
    this.timing = timing
    this.peer = peer
    this.rng = new Rng(hash32(`${name}|${timing.seed}`))
  }

  now(): number {
    return this.peer?.now() ?? this.timing.clock.now
  }

  /** Runs it here. What it sets off must end before time goes on. */
  run<T>(f: () => T): T {
    this.timing.isTouched = true
    return places.run(this, f)
  }

  /** In virtual time, of a peer that is not asleep; not at all once this place is gone. */
  after(ms: number, run: () => void): void {
    const here = (): void => {
      if (!this.isOver) this.run(run)
    }
    const { peer } = this
    this.timing.clock.after(ms * (peer?.slowness ?? 1), () => (peer ? peer.whenThawed(here) : here()))
  }
}

type Timers = Pick<
  typeof globalThis,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval' | 'setImmediate' | 'clearImmediate'
>

/** When simulated time begins, for people. */
const epochMs = Date.UTC(2030, 0, 1)

let running = 0
let restore = (): void => {}

/** From now on code in places sees simulated time. Each call is to be undone once. */
export function enterSimulation(): () => void {
  if (running++ === 0) restore = replaceGlobals()
  return () => {
    if (--running === 0) restore()
  }
}

function replaceGlobals(): () => void {
  const undo = [replaceTimers(), replaceClocks(), replaceTask()]
  return () => undo.forEach((one) => one())
}

function replaceTimers(): () => void {
  const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = globalThis
  const before: Timers = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }
  const start = (name: 'setTimeout' | 'setInterval' | 'setImmediate') =>
    function started(callback: (...args: unknown[]) => void, ...rest: unknown[]): unknown {
      const place = currentPlace()
      if (!place) return (before[name] as (...all: unknown[]) => unknown)(callback, ...rest)
      const [ms, ...args] = name === 'setImmediate' ? [0, ...rest] : rest
      return new VirtualTimer(place, () => callback(...args), { ms: Number(ms) || 0, repeats: name === 'setInterval' })
    }
  const stop = (name: 'clearTimeout' | 'clearInterval' | 'clearImmediate') =>
    function stopped(timer: unknown): void {
      if (timer instanceof VirtualTimer) timer.close()
      else (before[name] as (timer: unknown) => void)(timer)
    }
  Object.assign(globalThis, {
    setTimeout: start('setTimeout'),
    setInterval: start('setInterval'),
    setImmediate: start('setImmediate'),
    clearTimeout: stop('clearTimeout'),
    clearInterval: stop('clearInterval'),
    clearImmediate: stop('clearImmediate'),
  })
  return () => void Object.assign(globalThis, before)
}

function replaceClocks(): () => void {
  const { now } = Date
  const { random } = Math
  const measured = performance.now.bind(performance)
  Date.now = () => {
    const place = currentPlace()
    return place ? epochMs + Math.floor(place.timing.clock.now) : now()
  }
  Math.random = () => currentPlace()?.rng.next() ?? random()
  performance.now = () => currentPlace()?.now() ?? measured()
  return () => {
    Date.now = now
    Math.random = random
    // What was there before is on the prototype.
    Reflect.deleteProperty(performance, 'now')
  }
}

/** `task` is another one in each place. */
function replaceTask(): () => void {
  const global = taskGlobal()
  let outside = global.current
  Object.defineProperty(global, 'current', {
    configurable: true,
    enumerable: true,
    get: () => currentPlace()?.task ?? outside,
    set: (task: CurrentTask | null) => {
      const place = currentPlace()
      if (place) place.task = task
      else outside = task
    },
  })
  return () =>
    void Object.defineProperty(global, 'current', {
      configurable: true,
      enumerable: true,
      writable: true,
      value: outside,
    })
}
