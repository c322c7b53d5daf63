// A large value that many tasks read: put it once, and pass the ref. It is stored here, copied to a second peer, and
// fetched by each peer that needs it from whoever is near. `murmur run put-get.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const samples = Float64Array.from({ length: 1_000_000 }, (_, i) => i % 100)
using stored = await mesh.put(samples)
// From here on it survives this program's peer, or any other one.
await stored.durable()

const mean = mesh.fn((all: Float64Array, from: number, to: number) => {
  let sum = 0
  for (let i = from; i < to; i++) sum += all[i] ?? 0
  return sum / (to - from)
})
const means = await mesh.get([0, 1, 2, 3].map((part) => mean(stored, part * 250_000, (part + 1) * 250_000)))
console.log(`means: ${means.join(' ')}; what get gives is a copy: ${(await stored.get()) !== samples}`)
