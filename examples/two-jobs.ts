// A job of 600 tasks, and one of 12 that comes after it: the small one does not wait for the large one, as jobs share the peers by
// time. So do programs. Run it with `murmur run two-jobs.ts` beside a few `murmur up`.

import { joinMesh, type Scope } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })

/** So many tasks of 20 ms each. */
function ask(scope: Scope, count: number) {
  const spin = scope.fn((nth: number) => {
    const end = performance.now() + 20
    while (performance.now() < end);
    return nth
  })
  return Array.from({ length: count }, (_, nth) => spin(nth))
}

const large = ask(mesh, 600)
await large[20]?.get()
await using job = await mesh.job(`small one of ${mesh.name}`)
await job.get(ask(job, 12))
const left = large.filter((ref) => ref.state() !== 'value').length
console.log(`the small one is done; more than half of the large one is not: ${left > 300}`)
await Promise.all(large.map((ref) => ref.cancel('seen')))
