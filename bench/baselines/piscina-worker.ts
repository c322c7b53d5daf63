// What piscina's thread runs: nothing, and says so.

export default function noop(): null {
  return null
}
