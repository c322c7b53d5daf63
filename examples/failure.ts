// When something fails: what the error says, and what the mesh remembers of it. While something only takes long,
// `mesh.explain(ref)` says what it waits for. `murmur run failure.ts`

import { joinMesh, type MeshError } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { load, merge } = await mesh.use<typeof import('./failure.task.ts')>(
  new URL('./failure.task.ts', import.meta.url),
)

const tiles = ['sun', 'moon', 'earth'].map((name) => load(name))
const failure = (await merge(mesh.all(tiles))
  .get()
  .catch((error: unknown) => error)) as MeshError
console.log(failure.code, '<-', (failure.cause as Error).name)
console.log((failure.cause as Error).stack?.split('\n')[1]?.trim())

// From everybody who had to do with it; also when the peer that ran it is gone.
for (const { text } of await mesh.story(tiles[1]!))
  console.log(text.replaceAll(/[\d.]+ ms|[a-z]+-[\da-f]{4}\b|worker \d+/g, '…'))
