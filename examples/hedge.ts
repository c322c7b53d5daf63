// One straggler holds up the rest. With `hedge` an attempt that takes much longer than most gets a second one beside
// it, on another peer, as soon as one is idle: whichever is done first counts. `murmur run hedge.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { measure } = await mesh.use<typeof import('./hedge.task.ts')>(new URL('./hedge.task.ts', import.meta.url))
mesh.addEventListener('task:hedged', ({ detail }) => console.log(`${detail.fn} got a second attempt`), { once: true })

const inputs = Array.from({ length: 10 }, (_, n) => n)
let last = ''
for await (const result of mesh.map(inputs, (n) => measure.with({ hedge: true })(n))) last = result
console.log(last)
