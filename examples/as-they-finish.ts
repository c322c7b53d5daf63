// Several refs at once: wait for some of them, or take them as they settle. `murmur run as-they-finish.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const after = mesh.fn(async (ms: number) => {
  await new Promise((done) => setTimeout(done, ms))
  return ms
})

const never = after(60_000)
const refs = [never, after(1), after(2)]
const { settled, pending } = await mesh.wait(refs, { count: 2 })
console.log(`${settled.length} settled, ${pending.length} pending`)

await never.cancel()
let done = 0
for await (const ref of mesh.settled(refs)) console.log(`${++done} of ${refs.length}: ${ref.state()}`)
