// What is tried again, and how often. A lost peer or a crashed worker always is (`retries: 3`); an error that your
// function throws only if you say so, by its name, its code or a part of its message. `murmur run retry.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { ask } = await mesh.use<typeof import('./retry.task.ts')>(new URL('./retry.task.ts', import.meta.url))

const patient = ask.with({ retries: 5, retryErrors: ['Busy', /try again/], retryDelayMs: [10, 100] })
console.log(await patient('patient:').get())

const once: unknown = await ask('once:')
  .get()
  .catch((error: unknown) => error)
console.log(`once: ${(once as Error).message}`)
