// Ending work that is no longer wanted: by its ref, or by an AbortSignal for as many calls as you like. Both go on to
// whatever the task has asked for. `murmur run cancel.ts`

import { joinMesh, type MeshError } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { search } = await mesh.use<typeof import('./cancel.task.ts')>(new URL('./cancel.task.ts', import.meta.url))
const codeOf = (error: unknown): string => (error as MeshError).code

const one = search()
await one.cancel('found elsewhere') // Resolves when it has stopped.
console.log(one.state(), await one.get().catch(codeOf))

const enough = new AbortController()
const many = Array.from({ length: 2 }, () => search.with({ signal: enough.signal })())
enough.abort()
console.log(...(await Promise.all(many.map((ref) => ref.get().catch(codeOf)))))
