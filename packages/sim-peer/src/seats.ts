// What a simulated peer is like, apart from what it does, and where its lives follow each other.

import type { PeerId, Profile, Role } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import type { SimDisk } from './store.ts'

/** What a peer is like. */
export interface SeatOptions {
  slots?: number
  labels?: Profile['labels']
  resources?: Profile['resources']
  memoryBytes?: number
  /** How fast its monotonic clock runs. */
  rate?: number
  /** Work and turns take this many times as long. */
  slowness?: number
  /** Bytes of objects on a disk that survives restarts. Default 0: there is none. */
  diskBytes?: number
  role?: Role
}

export const ordinary: Required<SeatOptions> = {
  slots: 1,
  labels: {},
  resources: {},
  memoryBytes: 2 ** 30,
  rate: 1,
  slowness: 1,
  diskBytes: 0,
  role: 'member',
}

/** A place in the mesh: a machine, with one life after the other on it. */
export interface Seat extends Required<SeatOptions> {
  readonly peer: PeerId
  lives: number
  current: SimPeer | null
  readonly disk: SimDisk
}
