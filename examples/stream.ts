// A task that yields without an end. It is never more than `ahead` items ahead of this loop, goes on at the next item
// when its peer dies, and ends when the loop is left. `murmur run stream.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { fibonacci, sum } = await mesh.use<typeof import('./stream.task.ts')>(
  new URL('./stream.task.ts', import.meta.url),
)

const even: bigint[] = []
for await (const n of fibonacci.with({ ahead: 16 })()) {
  if (n > 4_000_000n) break
  if (n % 2n === 0n) even.push(n)
}
console.log(`the even ones below four million add up to ${await sum(even).get()}`)
