// Files that tasks read: they travel with the module, once to each peer, and are part of what it is: with another file
// its results are others. `murmur run assets.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const birds = await mesh.use<typeof import('./assets.task.ts')>(new URL('./assets.task.ts', import.meta.url), {
  assets: [new URL('./birds.csv', import.meta.url)],
})

console.log(...(await mesh.get([birds.wingspan('wren'), birds.wingspan('swan')])))
