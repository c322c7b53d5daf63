// Work for peers that one does not trust: several compute the same, and the result of most of them counts. Run it with
// `murmur run votes.ts` beside three `murmur up`.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { quarter } = await mesh.use<typeof import('./votes.task.ts')>(new URL('./votes.task.ts', import.meta.url))

// Who gives another result than the majority is named here, and gets this program's work last from then on.
mesh.addEventListener('peer:dissented', ({ detail }) => console.log(`${detail.name} differs`))

const area = await quarter.with({ votes: 3, equals: 'closeEnough' })(200_000).get()
console.log(`pi is about ${(4 * area).toFixed(1)}`)

// To the bit they never are the same.
try {
  await quarter.with({ votes: 3, retries: 0 })(200_000).get()
} catch (error) {
  console.log((error as { code: string }).code)
}
