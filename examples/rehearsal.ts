// Tries a job before it meets a real mesh: the same functions on simulated peers that are killed, frozen, slowed and cut off from each
// other, once per seed. Minutes of their time take a moment. A run that fails says how to have the very same again. Run it with
// `murmur run rehearsal.ts`, or put what is in the loop into a test of yours; no peers are needed.

import type { Mesh } from 'murmuration'
import { simulateMesh } from 'murmuration/sim'

async function job(mesh: Mesh): Promise<number> {
  const { countPrimes } = await mesh.use<typeof import('./rehearsal.task.ts')>(
    new URL('./rehearsal.task.ts', import.meta.url),
  )
  // With the three that a task has by default, some seeds fail: in such weather a task that waits for others loses its peer more often.
  return countPrimes.with({ retries: -1 })(0, 2_000).get()
}

// As if to count a hundred numbers took three seconds.
function durationMs(_fn: string, [from, to]: readonly unknown[]): number {
  const numbers = Number(to) - Number(from)
  return numbers > 100 ? 0 : 30 * numbers
}

let faults = 0
let wrong = 0
for (let seed = 1; seed <= 5; seed++) {
  const mesh = simulateMesh({ peers: 5, seed, faults: 'churn', durationMs })
  if ((await mesh.run(job)) !== 303) wrong++
  faults += mesh.report?.faults.length ?? 0
}
console.log(`${faults} faults in 5 runs; ${wrong} wrong answers`)
