// One function over many inputs, on every peer that is here. At most `ahead` of them are out at once, so the list may be
// as long as you like; what comes back first is told first. `murmur run map.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const isPrime = mesh.fn((n: number) => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return n > 1
})

let primes = 0
const numbers = Array.from({ length: 2_000 }, (_, n) => n)
for await (const prime of mesh.map(numbers, (n) => isPrime(n), { ordered: false, ahead: 500 })) if (prime) primes++
console.log(`${primes} primes below 2000`)
