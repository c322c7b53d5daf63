// One task, whose id is printed.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const ref = mesh.fn((x: number) => x + 1)(1)
await ref.get()
console.log(ref.id)
