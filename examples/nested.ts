// Sorts by splitting: each half is a task of its own, down to small ones. `murmur run nested.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { sorted } = await mesh.use<typeof import('./nested.task.ts')>(new URL('./nested.task.ts', import.meta.url))

const numbers = Array.from({ length: 1_000 }, (_, n) => (n * 7_919) % 1_000)
const all = await sorted(numbers).get()
console.log(
  `${all.length} numbers, from ${all[0]} to ${all.at(-1)}, are ${isInOrder(all) ? 'in order' : 'not in order'}`,
)

function isInOrder(list: readonly number[]): boolean {
  return list.every((n, i) => i === 0 || n >= (list[i - 1] as number))
}
