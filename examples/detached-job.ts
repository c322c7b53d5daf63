// Work that goes on without its program. What it is to be found by is the name of the job and that of the task: run
// `murmur run detached-job.ts`, then `murmur result census birds` on any machine of the mesh, today or tomorrow.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
await using job = await mesh.job('census', { lifetime: 'detached' })
const count = job.fn(async (flocks: readonly number[]) => {
  await new Promise((done) => setTimeout(done, 1_000))
  return flocks.reduce((sum, birds) => sum + birds, 0)
})

const ref = count.with({ name: 'birds' })([120, 4_000, 17])
console.log(`${ref.state() === 'value' ? 'counted' : 'counting'}: murmur result census birds`)
