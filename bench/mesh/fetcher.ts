// Gets a large object that another peer holds: from the moment it is known to be there until its bytes
// are here, checked and decoded.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import { medianOf } from '../throughput.ts'
import type { Transfers } from '../throughput.ts'

export interface FetcherOrder {
  readonly entry: readonly string[]
  readonly bytes: number
  readonly transfers: Transfers
}

const { entry, bytes, transfers } = await told<FetcherOrder>()
const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh' })
// One copy: with two, this peer would be given the second before it asks.
const make = mesh.fn((size: number) => new Uint8Array(size)).with({ copies: 1 })
const fetchOnce = async (): Promise<number> => {
  const ref = make(bytes)
  await mesh.wait([ref])
  const began = performance.now()
  const value = await ref.get()
  const seconds = (performance.now() - began) / 1000
  if (value.length !== bytes) throw new Error(`expected ${bytes} bytes, received ${value.length}`)
  ref[Symbol.dispose]()
  return bytes / 1024 / 1024 / seconds
}
answer(await medianOf(fetchOnce, transfers))
process.exit(0)
