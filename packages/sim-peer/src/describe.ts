// Data in words, for the story of a run: a fault or a job in a line.

/** `{ kind: 'freeze', whom: 'p2', ms: 700.3 }` is "freeze whom p2, ms 700". */
export function describe({ kind, ...rest }: { readonly kind: string }): string {
  const parts = Object.entries(rest).map(([name, value]) => `${name} ${valueOf(value)}`)
  return parts.length === 0 ? kind : `${kind} ${parts.join(', ')}`
}

function valueOf(value: unknown): string {
  if (typeof value === 'number') return String(rounded(value))
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(' ')
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'number' ? rounded(item) : item))
}

function rounded(number: number): number {
  return Math.abs(number) >= 10 ? Math.round(number) : Number(number.toPrecision(2))
}
