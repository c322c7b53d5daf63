// Work that survives its program: under a name it is found again. Kill this while it runs, and run it again: what was
// done is there, what runs is waited for. `murmur run named-job.ts`, and `murmur stop squares` to begin anew.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
await using job = await mesh.job('squares')
const square = job.fn((n: number) => n * n)

const refs = Array.from({ length: 20 }, (_, n) => square(n))
const found = refs.filter((ref) => ref.state() === 'value').length
const squares = await job.get(refs)
console.log(`${squares.reduce((sum, n) => sum + n, 0)}; ${found} of ${refs.length} were there already`)
