// What it sees of the environment is what `use` gave it.

export function greet(name: string): string {
  const { GREETING = 'Good day', SECRET = 'no secret' } = process.env
  return `${GREETING}, ${name} (${SECRET})`
}
