// Who is here, what is going on, what is kept. The same by `murmur status` and `murmur list`. `murmur run looking-in.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const square = mesh.fn(function square(n: number) {
  return n * n
})
using ref = square(7)
await ref.get()

const helpers = mesh.peers().filter(({ id }) => id !== mesh.id)
console.log(`others here: ${helpers.map(({ state }) => state).join(' ')}`)
for (const { fn, state } of await mesh.tasks()) console.log(`task ${fn}: ${state}`)
console.log(`kept here: ${(await mesh.objects()).length} object`)
const { slots } = await mesh.summary()
console.log(`slots: ${slots}`)
