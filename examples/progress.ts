// Hearing of work while it runs: `task.progress` and `task.log` are printed here, each line with its peer and function;
// `task:printed` has the same for programs. `murmur run progress.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0, taskOutput: 'none' })
const { train } = await mesh.use<typeof import('./progress.task.ts')>(new URL('./progress.task.ts', import.meta.url))

mesh.addEventListener('task:printed', ({ detail: { fn, text } }) => console.log(`${fn}: ${text}`))
console.log(`weight ${await train([2, 4, 9, 5]).get()}`)
