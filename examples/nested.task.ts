// Tasks that ask for tasks: an export of the running module is called through `task.mesh`. While it waits, a task gives
// its slot to others, so no depth of it comes to a standstill.

import { task } from 'murmuration/task'

export async function sorted(numbers: readonly number[]): Promise<number[]> {
  if (numbers.length <= 250) return [...numbers].sort((a, b) => a - b)
  const half = numbers.length >> 1
  const sort = task.mesh.fn(sorted)
  const [low, high] = await task.mesh.get([sort(numbers.slice(0, half)), sort(numbers.slice(half))])
  return merged(low, high)
}

function merged(a: readonly number[], b: readonly number[]): number[] {
  const all: number[] = []
  for (let i = 0, j = 0; i + j < a.length + b.length;) {
    const isFromA = j >= b.length || (a[i] ?? Infinity) <= (b[j] ?? Infinity)
    all.push((isFromA ? a[i++] : b[j++]) as number)
  }
  return all
}
