// What the measured pages run: it joins by the invite in its address at once, as `joinMesh` does, and keeps what a
// visitor would have waited for. Bundled as a user's bundler would do it. What is done beyond joining is told to it later.

import type { JoinOptions, Mesh } from '@murmuration/browser-peer'
import { joinPeer, meshOf } from '@murmuration/browser-peer/internal'
import type { JoinedPeer } from '@murmuration/browser-peer/internal'
import type { PeerId } from '@murmuration/core/internal'
import { noopTasks } from '../mesh/noop-tasks.ts'
import { keepInFlight } from '../throughput.ts'
import * as bare from './bare-channel.ts'

/** Rides in the query of the page's address. */
export type PageOrder = Partial<Pick<JoinOptions, 'slots' | 'identity' | 'memoryBytes' | 'spillBytes' | 'taskOutput'>>

export interface Arrival {
  readonly id: string
  readonly name: string
  /** Since the navigation to this page began. */
  readonly joinedMs: number
}

export interface PageDoors {
  readonly arrival: Promise<Arrival>
  /** Resolves once there is a WebRTC connection with that page, and nothing else. */
  directly(peer: string): Promise<void>
  /** Tasks per second, so many of them on their way to that peer at any time. */
  tasksPerSecond(peer: string, inFlight: number): Promise<number>
  /** Questions to that peer per second, the next when the last is answered. */
  questionsPerSecond(peer: string): Promise<number>
  readonly bare: typeof bare
  /** A task from here to a worker here and back; when it was, since the navigation began. */
  firstResult(): Promise<number>
  /** Drawings per second, over that time. */
  framesPerSecond(ms: number): Promise<number>
}

declare global {
  // oxlint-disable-next-line no-var -- only `var` declares a global
  var mesh: Mesh
  // oxlint-disable-next-line no-var -- only `var` declares a global
  var doors: PageDoors
}

const order = JSON.parse(new URLSearchParams(location.search).get('order') ?? '{}') as PageOrder
let joined: JoinedPeer | undefined

globalThis.doors = {
  arrival: arrive(),
  async directly(peer) {
    // Work makes a link; it begins through a relay.
    await mesh
      .fn(() => null)
      .with({ needs: { peer } })()
      .get()
    while (joined?.page.platform.transport.waysTo(peer as PeerId).join() !== 'webrtc')
      await new Promise((resolve) => setTimeout(resolve, 50))
  },
  tasksPerSecond: (peer, inFlight) => noopTasks(mesh.fn(() => null).with({ needs: { peer } }), inFlight),
  questionsPerSecond: (peer) => keepInFlight(1, (done) => void mesh.tasks({ peer, limit: 1 }).then(done)),
  bare,
  async firstResult() {
    await mesh
      .fn((x: number) => x * x)(7)
      .get()
    return performance.now()
  },
  framesPerSecond: (ms) =>
    new Promise((resolve) => {
      let frames = -1
      let from = 0
      const drawn = (now: number): void => {
        if (++frames === 0) from = now
        if (now - from < ms) requestAnimationFrame(drawn)
        else resolve(frames / ((now - from) / 1_000))
      }
      requestAnimationFrame(drawn)
    }),
}

async function arrive(): Promise<Arrival> {
  joined = await joinPeer({ ...order, entry: [location.href] })
  const joinedMs = performance.now()
  globalThis.mesh = await meshOf(joined)
  return { id: mesh.id, name: mesh.name, joinedMs }
}
