// The job of rehearsal.ts: how many primes there are, counted in pieces that ask for smaller pieces.

import { task } from 'murmuration/task'

export async function countPrimes(from: number, to: number): Promise<number> {
  if (to - from <= 100) return Array.from({ length: to - from }, (_, i) => from + i).filter(isPrime).length
  const middle = Math.floor((from + to) / 2)
  const half = task.mesh.fn(countPrimes).with({ retries: -1 })
  const [below, above] = await task.mesh.get([half(from, middle), half(middle, to)])
  return below + above
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return n > 1
}
