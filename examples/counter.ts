// A counter that everybody shares. Start two or three peers with `murmur up`, then run this again and again, wherever
// you like, with `murmur run counter.ts`: it goes on counting, also when the peer where it lives is killed in between.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { Counter } = await mesh.use<typeof import('./counter.task.ts')>(new URL('./counter.task.ts', import.meta.url))

const counter = Counter.with({
  name: 'visits',
  // Found if it is there, made if it is not.
  getIfExists: true,
  // It stays when this program ends.
  lifetime: 'detached',
  // It begins again elsewhere, from its checkpoint, and a call that was under way counts once.
  restarts: -1,
  onceOnly: true,
}).spawn(0)

console.log(`visit ${await counter.add(1).get()}`)
