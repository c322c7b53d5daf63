// A generator function is a task that yields: an item leaves as soon as it is there. `finally` runs whatever ends it.

export function* fibonacci(): Generator<bigint> {
  for (let [a, b] = [0n, 1n]; ; [a, b] = [b, a + b]) yield a
}

export function sum(numbers: readonly bigint[]): bigint {
  return numbers.reduce((total, n) => total + n, 0n)
}
