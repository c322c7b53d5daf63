// Invariants, stated where they matter. A false one is a bug of ours: the machine stops rather than
// go on with tables that disagree.

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}
