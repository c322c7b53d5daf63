// The steps of pipeline.ts: plain functions, which know nothing of refs.

export function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z]+/g) ?? []
}

export function count(list: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

export function merge(all: readonly ReadonlyMap<string, number>[]): [word: string, count: number][] {
  const sums = new Map<string, number>()
  for (const counts of all) for (const [word, n] of counts) sums.set(word, (sums.get(word) ?? 0) + n)
  return [...sums].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}
