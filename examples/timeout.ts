// Two clocks. `timeoutMs` of a call ends the task; `timeoutMs` of `get` only ends the waiting, and the task goes on.
// `murmur run timeout.ts`

import { joinMesh, type MeshError } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const after = mesh.fn(async (ms: number) => {
  await new Promise((done) => setTimeout(done, ms))
  return `done after ${ms} ms`
})
const codeOf = (error: unknown): string => (error as MeshError).code

console.log('task:', await after.with({ timeoutMs: 50 })(60_000).get().catch(codeOf))

const ref = after(300)
console.log('get:', await ref.get({ timeoutMs: 50 }).catch(codeOf))
console.log('get, later:', await ref.get())
