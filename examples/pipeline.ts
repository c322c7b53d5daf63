// Work that waits for work: a ref is a legal argument, and arrives as its value. The program waits only once, at the
// end; what lies between goes from peer to peer and not through here. `murmur run pipeline.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { words, count, merge } = await mesh.use<typeof import('./pipeline.task.ts')>(
  new URL('./pipeline.task.ts', import.meta.url),
)

const pages = ['The flock has no leader', 'Each bird of the flock', 'The hawk tears at the flock']
const counts = pages.map((page) => count(words(page)))
const [most] = await merge(mesh.all(counts)).get()
console.log(`the most frequent word is ${most?.[0]}, ${most?.[1]} times`)
