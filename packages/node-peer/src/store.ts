// Where a Node peer keeps objects: for now in memory only, a quarter of the machine's unless told.

import { totalmem } from 'node:os'
import { MemoryStore } from '@murmuration/core/internal'
import type { ObjectStore } from '@murmuration/core/internal'

const shareOfMemory = 0.25

export function createStore(memoryBytes: number | undefined): ObjectStore {
  return new MemoryStore(memoryBytes ?? Math.floor(totalmem() * shareOfMemory))
}
