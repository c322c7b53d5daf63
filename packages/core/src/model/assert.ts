// Invariants, stated where they matter. A false one is a bug of ours: the machine stops rather than
// go on with tables that disagree.

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) broken(message)
}

/** For messages that name what is wrong: written only then, as the tables of a simulated mesh are checked all the time. */
export function broken(message: string): never {
  throw new Error(`invariant broken: ${message}`)
}
