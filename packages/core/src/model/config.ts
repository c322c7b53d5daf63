// The manual of the protocol: every limit and every interval, with its unit, the formula it enters,
// which way to turn it and what that costs. Presets at the end. What happens at a limit is a
// documented outcome, never an exception from a Map.

export interface Config {
  // ---- membership and failure detection (SWIM, Lifeguard)
  /** Time between probes of one observed peer. Lower finds silence sooner, costs 2 small frames per pair and interval. */
  readonly probeMs: number
  /** Peers that observe each member: its neighbours on the ring, as many before it as after it. More agree faster, cost more probes. */
  readonly observers: number
  /** Peers asked to probe in our place after a miss. */
  readonly indirectProbes: number
  /** Time from suspicion to death once enough observers agree; multiplied by 1 + awareness. */
  readonly suspectMinMs: number
  /** The same when nobody else agrees. */
  readonly suspectMaxMs: number
  /** A turn this much later than its deadline is a sleep, not a busy moment. */
  readonly sleptMs: number
  /** Time between gossip rounds while there are rumours. */
  readonly gossipMs: number
  /** Peers told per gossip round. */
  readonly gossipFanout: number
  /** A rumour rides λ · log2(n + 1) frames. */
  readonly rumourLambda: number
  /** Claims per frame; the least told go first. */
  readonly claimsPerFrame: number
  /** Time between full exchanges of the member list with a random peer. */
  readonly syncMs: number
  /** Members known at most, the dead included; claims about further ones are counted and dropped, unless they speak to us. */
  readonly maxMembers: number
  /** How long the dead are remembered, so that late rumours do not raise them. */
  readonly tombstoneMs: number
  /** First and longest wait between dials of a peer that cannot be reached. */
  readonly redialMs: readonly [number, number]
  /** How long dead peers' addresses are still tried, so that healed partitions merge. */
  readonly healMs: number
  /** Entries remembered, those used last. One that is not among us is tried for ever: it may be on the other side of a cut. */
  readonly maxEntries: number
  /** Links beyond those the probe ring and the work need are closed when idle this long. */
  readonly idleLinkMs: number
  /** Links kept, about: beyond it those go that were not used for a few probes, but for the probe ring and what has work. */
  readonly maxLinks: number

  // ---- sessions and frames
  /** Unacknowledged messages are sent again after this long without progress, on a link that stands. */
  readonly resendMs: number
  /** An acknowledgement that finds no frame to ride on leaves after this long. */
  readonly ackMs: number
  /** A larger frame ends the link. Must hold the largest inline outcome many times over. */
  readonly maxFrameBytes: number
  /** Messages written per frame; the rest follows in the next. */
  readonly messagesPerFrame: number
  /** Bytes per frame, about: a frame is closed when it has as much. Smaller ones let a heartbeat through sooner. */
  readonly frameBytes: number
  /** Unacknowledged messages per session that may be on the wire at once; the rest waits its turn. */
  readonly sessionWindow: number
  /** An outbox that does not drain for this long resets its link; the session resumes on the next. */
  readonly stallMs: number

  // ---- tasks
  /** Tasks that one peer may own unsettled; past it a submit is OVERLOADED. */
  readonly maxTasks: number
  /** A grant of credits covers this much work at the function's measured duration. */
  readonly creditMs: number
  /** Credits per owner at most. */
  readonly maxCredits: number
  /** A worker is handed at most this much measured work at once. */
  readonly batchMs: number
  /** Attempts per worker batch at most. */
  readonly maxBatch: number
  /** Attempts that wait behind one that runs for longer than this are taken back, and go where there is room. Lower frees quick work sooner, costs two small messages for each that is taken back. */
  readonly patienceMs: number
  /** With so many workers in use one more is taken only for an attempt deeper than all that wait, so that recursion never starves; while none waits the slots alone count. */
  readonly maxWorkers: number
  /** Attempts of one task given back uncharged (drain, lost inputs) before it counts. */
  readonly maxFreeMoves: number
  /** Abrupt deaths of peers that ran one task before it is called poison. */
  readonly poisonLives: number
  /** Of one attempt in so many a worker compares, before and after, what it shares with others: ARGUMENT_MUTATED. Lower finds sooner who writes into an argument, and encodes it twice for each. */
  readonly argumentChecks: number
  /** From `task.signal` to the end of the worker. */
  readonly cancelGraceMs: number
  /** A peer that is drained hands over for so long: what runs there may end, its objects are copied elsewhere. Then it leaves, and what still ran goes back uncharged. */
  readonly drainMs: number
  /** Nobody satisfies the needs for this long: UNPLACEABLE. */
  readonly placeTimeoutMs: number
  /** Story lines kept per task, oldest dropped. */
  readonly storyLines: number
  /** Bundles that one peer keeps when nothing needs them, and that a worker imports before it is started anew. Past it the least recently needed goes, and is fetched and imported again when called: a round trip and tens of milliseconds. Each costs its size, twice per worker. */
  readonly maxCodes: number
  /** What went its usual way on this peer, for `story` and `timeline`: the oldest row goes. A row for each task that was asked for here and for each attempt that ran here, 100 bytes each; fewer shorten what a timeline shows. */
  readonly storyRows: number
  /** The same of what did not: failures, retries, crashes, deaths. Kept apart, so that they outlive a flood of successes; up to a kilobyte each. */
  readonly storyTroubles: number
  /** Tasks wait, none is out, and nothing has moved for this long: a report says why. Lower reports sooner what may only be busy. */
  readonly stuckMs: number
  /** Lines that tasks printed, kept for `murmur logs`: of those that run here, and of those that were asked for here. Up to 4 KiB each. */
  readonly printedLines: number
  /** The same line again within this time is counted, and told once when it is over. Longer keeps a loop quieter, tells of it later. */
  readonly repeatMs: number
  /** Lines that one peer passes on per second, and that a program gets per second; the rest is a number, and kept where it was printed. */
  readonly printedPerSecond: number
  /** Settled tasks remembered for `list` and `explain`. */
  readonly keptSettled: number

  // ---- actors
  /** A host may run its actor for 0.8 of this after a majority of its group was asked; so long the others wait before they let another one. Lower restarts actors sooner after a host that nobody can prove dead, costs their group a small message each a third of it. */
  readonly leaseMs: number
  /** Members of an actor's lease group: more than half of them have to agree before it runs anywhere, and keep its checkpoints. */
  readonly leaseGroup: number
  /** An actor that nobody hosts, and of whose end nobody has told, is remembered by its group for so long: whoever answers for it may be back. Costs its last checkpoint in memory. */
  readonly recordMs: number
  /** Actors that one peer hosts: each has a worker of its own, some megabytes. Past it they go elsewhere. */
  readonly maxActors: number
  /** What one checkpoint carries, answers included; a larger snapshot is no checkpoint. */
  readonly checkpointBytes: number
  /** Calls that one peer has out at one actor; the rest waits where it was made. No fewer than the most `concurrency`: those may wait for one another. */
  readonly callsAhead: number

  // ---- objects
  /** Values up to this ride in messages; larger ones are stored and moved on their own streams. */
  readonly inlineBytes: number
  /** Bytes per chunk on an object stream. */
  readonly chunkBytes: number
  /** Transfers that one peer receives at once. */
  readonly maxFetches: number
  /** Transfers that one peer serves at once; more wait in line. */
  readonly maxServes: number
  /** Of those, transfers of more than a chunk. Whoever comes then asks the owner who else has the bytes by now: so a broadcast spreads over its receivers. Fewer spread it wider, more finish a single one sooner. */
  readonly maxUploads: number
  /** Above this share of `memoryBytes` copies that others have are let go of, and bytes move to disk. Lower leaves more room for what comes at once, costs disk and copies sooner. */
  readonly pressureShare: number
  /** How long bytes that an earlier life left on disk, and that nobody answers for, are kept at least while there is room on the disk for them. */
  readonly foundlingMs: number
  /** Bytes kept only so that results can be made again: arguments in specs, and what was put and let go since. Past it the oldest results lose the right to be, with a note in `explain`. */
  readonly lineageBytes: number
  /** Guardians of one peer's ledger. Each costs every row once more on the wire; with none, what a peer answers for ends with it. */
  readonly guardians: number
  /** What nobody waits for reaches the guardians in batches this far apart, and tasks of running tasks and of named jobs when they are this old: most are done before. */
  readonly ledgerMs: number
  /** Rows of one other peer that are kept here; past it another guardian is looked for. */
  readonly ledgerBytes: number
  /** How long an attempt waits for the ledger of an earlier one before it begins without. */
  readonly adoptMs: number
  /** What was done under a job's name is kept so long after its program has gone. */
  readonly jobKeepMs: number
  /** What an ended life held is released after this long; what its contexts left is dropped. */
  readonly orphanGraceMs: number
}

const lan: Config = {
  probeMs: 500,
  observers: 4,
  indirectProbes: 3,
  suspectMinMs: 300,
  suspectMaxMs: 1_500,
  sleptMs: 3_000,
  gossipMs: 100,
  gossipFanout: 3,
  rumourLambda: 4,
  claimsPerFrame: 24,
  syncMs: 10_000,
  maxMembers: 2_000,
  tombstoneMs: 3_600_000,
  redialMs: [50, 5_000],
  healMs: 3_600_000,
  maxEntries: 16,
  idleLinkMs: 30_000,
  maxLinks: 64,
  resendMs: 1_000,
  ackMs: 20,
  maxFrameBytes: 32 * 1024 * 1024,
  messagesPerFrame: 4_096,
  frameBytes: 1024 * 1024,
  sessionWindow: 65_536,
  stallMs: 10_000,
  maxTasks: 1_000_000,
  creditMs: 20,
  maxCredits: 4_096,
  batchMs: 5,
  maxBatch: 256,
  patienceMs: 250,
  maxWorkers: 16,
  maxFreeMoves: 32,
  poisonLives: 10,
  argumentChecks: 256,
  cancelGraceMs: 2_000,
  drainMs: 30_000,
  placeTimeoutMs: 30_000,
  maxCodes: 256,
  leaseMs: 2_000,
  leaseGroup: 3,
  recordMs: 3_600_000,
  maxActors: 64,
  checkpointBytes: 1024 * 1024,
  callsAhead: 4_096,
  storyLines: 32,
  storyRows: 32_768,
  storyTroubles: 4_096,
  stuckMs: 60_000,
  printedLines: 2_000,
  repeatMs: 5_000,
  printedPerSecond: 200,
  keptSettled: 1_000,
  inlineBytes: 64 * 1024,
  chunkBytes: 1024 * 1024,
  maxFetches: 4,
  maxServes: 16,
  maxUploads: 3,
  pressureShare: 0.8,
  foundlingMs: 24 * 3_600_000,
  lineageBytes: 256 * 1024 * 1024,
  guardians: 2,
  ledgerMs: 50,
  ledgerBytes: 256 * 1024 * 1024,
  adoptMs: 2_000,
  jobKeepMs: 86_400_000,
  orphanGraceMs: 30_000,
}

/** Links with tens of milliseconds and some loss: slower to blame, more patient. */
const wan: Config = {
  ...lan,
  probeMs: 2_000,
  suspectMinMs: 2_000,
  suspectMaxMs: 10_000,
  gossipMs: 300,
  leaseMs: 8_000,
  resendMs: 4_000,
  syncMs: 30_000,
}

/** A room of phones and laptops on shared radio. */
const room: Config = { ...lan, probeMs: 1_000, suspectMinMs: 1_000, suspectMaxMs: 5_000, leaseMs: 4_000, maxLinks: 24 }

/** Small limits, so that tests reach them. */
const test: Config = {
  ...lan,
  syncMs: 2_000,
  tombstoneMs: 60_000,
  healMs: 60_000,
  orphanGraceMs: 5_000,
  argumentChecks: 1,
  drainMs: 5_000,
  placeTimeoutMs: 5_000,
  recordMs: 20_000,
  maxCodes: 16,
  stuckMs: 15_000,
  storyRows: 2_048,
  storyTroubles: 512,
  foundlingMs: 60_000,
}

/** A host runs its actors for 0.8 of a lease: of the rest a clock may miss half. */
export function skippedMs({ leaseMs }: Pick<Config, 'leaseMs'>): number {
  return leaseMs / 10
}

/** Who is to be asked so soon is asked with whoever is asked now: one wake-up for both, and their answers come together from then on. */
export function earlyMs({ probeMs }: Pick<Config, 'probeMs'>): number {
  return probeMs / 8
}

export const presets = { lan, wan, room, test } as const
/** How patient and how chatty a peer is: for a local network, a wide one, a room of phones and laptops, or tests. */
export type Preset = keyof typeof presets
