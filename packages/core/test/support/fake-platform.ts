// A platform on which nothing happens unless the test makes it: no wires, no workers, and two clocks
// that stand still. The shell's own decisions about time can be looked at alone.

import { createHash } from 'node:crypto'
import type { PeerId } from '../../src/model/ids.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import type { Clock, Platform, Transport } from '../../src/runtime/ports.ts'
import { Admission, meshKeys } from '../../src/trust/index.ts'
import { sha256 } from './fake-port.ts'

export class FakeClock implements Clock {
  #now = 0
  #asleepMs = 0
  #timer: { readonly at: number; readonly callback: () => void } | null = null

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#now + this.#asleepMs
  }

  soon(callback: () => void): void {
    queueMicrotask(callback)
  }

  wakeAt(at: number, callback: () => void): void {
    this.#timer = at === Number.POSITIVE_INFINITY ? null : { at, callback }
  }

  /** The machine sleeps: the wall clock goes on, the monotonic one does not, and no timer fires. */
  sleep(ms: number): void {
    this.#asleepMs += ms
  }

  /** Time passes up to the timer that is set, and it fires. */
  fire(): void {
    const timer = this.#timer
    if (!timer) throw new Error('no timer is set')
    this.#timer = null
    this.#now = Math.max(this.#now, timer.at)
    timer.callback()
  }
}

export function fakePlatform(self: PeerId, clock: Clock): Platform {
  const unused = (what: string) => () => {
    throw new Error(`this test has no ${what}`)
  }
  const transport: Transport = {
    self,
    addresses: () => [],
    onStream: () => {},
    open: async () => Promise.reject(new Error('nobody is there')),
    find: unused('addresses'),
    hangUp: () => {},
    stop: async () => {},
  }
  return {
    kind: 'node',
    transport,
    store: new MemoryStore(1024 * 1024),
    clock,
    sha256,
    createHasher: () => {
      const hash = createHash('sha256')
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') }
    },
    spawnWorker: unused('workers'),
    codeUrl: unused('workers'),
    admission: new Admission({ self, by: meshKeys(new Uint8Array(32)), now: () => clock.wall() }),
    randomBytes: (length) => new Uint8Array(length).fill(7),
  }
}
