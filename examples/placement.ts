// Where work may run. A peer has labels and resources, here or with `murmur up --label room=attic`; a task names what it
// needs, and waits for a peer that has it. `murmur run placement.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 1, labels: { room: 'attic' }, resources: { camera: 1 }, preset: 'test' })
const look = mesh.fn(function look(at: string) {
  return `looked at ${at}`
})

// Hard: these peers or none. Of a resource as much is used up as a task needs, while it runs.
const inAttic = look.with({ needs: { labels: { room: 'attic' }, resources: { camera: 1 } } })
console.log(await inAttic('the beams').get())
// Soft: rather these. `spread` and `priority` say more.
console.log(
  await look
    .with({ prefer: { labels: { room: { not: 'attic' } } }, priority: 1 })('the garden')
    .get(),
)
// Nobody has two. The message says so, for each kind of peer.
const twoCameras = look.with({ needs: { resources: { camera: 2 } } })
const failure = await twoCameras('both sides').get().catch(String)
console.log(failure)
