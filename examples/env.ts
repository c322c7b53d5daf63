// The environment of a task: what `use` gives, besides PATH, HOME, TMPDIR and LANG. Never that of the peer's operator, so
// that no secret of theirs gets into foreign code. It is part of what the task is. `murmur run env.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const url = new URL('./env.task.ts', import.meta.url)

const plain = await mesh.use<typeof import('./env.task.ts')>(url)
const kind = await mesh.use<typeof import('./env.task.ts')>(url, { env: { GREETING: 'Welcome' } })
console.log(...(await mesh.get([plain.greet('Kim'), kind.greet('Kim')])))
