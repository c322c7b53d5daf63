// What has been going on here, in numbers: counted where it happens, read by whoever looks in.

/** Numbers that answer "what has been going on here". */
export interface Counters {
  submitted: number
  settled: number
  executions: number
  retried: number
  rebuilt: number
  copied: number
  /** Objects that went from memory to disk, times the disk took no more, and copies let go of for want of room. */
  spilled: number
  unspilled: number
  dropped: number
  /** Read back from disk they were not what was written. */
  spoilt: number
  peersDied: number
  violations: number
  refused: number
  /** Messages that are not their sender's to say, by its role: dropped, and it is told. */
  forbidden: number
  /** Messages about work or objects that are not, or no longer, their sender's affair: dropped. */
  strayed: number
}

export function noCounters(): Counters {
  return {
    submitted: 0,
    settled: 0,
    executions: 0,
    retried: 0,
    rebuilt: 0,
    copied: 0,
    spilled: 0,
    unspilled: 0,
    dropped: 0,
    spoilt: 0,
    peersDied: 0,
    violations: 0,
    refused: 0,
    forbidden: 0,
    strayed: 0,
  }
}
