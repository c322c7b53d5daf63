// How long texts and lists may be on the wire: one place for those who write, for those who check
// what a user asks for, and for the codec that refuses. What people wrote (messages, reasons,
// stories) is cut to fit; what cannot be cut is refused where it is asked for.

export const limits = {
  /** Characters of one text as the codec takes it. */
  textLength: 1_048_576,
  /** Ids and names: of tasks, functions, peers, labels, resources. */
  nameLength: 512,
  /** What people wrote is cut to this, so that sentences made of it still fit. */
  saidLength: 16_384,
  /** One line that a task prints; more of it is cut. */
  printedLength: 4_096,
  /** One line of a story. */
  lineLength: 1_024,
  /** An application error with all its properties; a larger one travels without them. */
  errorBytes: 1_048_576,
  /** Refs in one value or spec, rows in one list. */
  listLength: 65_536,
  /** Rows that a peer tells of itself at once. */
  rows: 10_000,
  /** Values of one label that will do, and patterns of errors to retry. */
  choices: 256,
  /** What a user wrote into the options of a task, together: it rides with every attempt. */
  policyLength: 262_144,
  /** Labels and resources of a peer, together: they ride in every member list. */
  labelsLength: 8_192,
  /** Items that a generator may be ahead of its reader. */
  ahead: 65_536,
  /** Changes of an actor's code of which one record may tell. */
  editions: 1_000_000,
  /** Generator methods of a class. */
  generators: 256,
  /** Peers that are asked for the same result. */
  votes: 99,
  /** Attempts that a peer runs at once. */
  slots: 4_096,
  /** Lives whose ledgers one peer keeps. */
  guards: 1_024,
  /** Who is named on the label of bytes on disk. */
  labelOwners: 16,
  /** Where a peer is reached. */
  addresses: 64,
} as const

/** A text that fits on the wire, with a sign where it was cut. */
export function clip(text: string, length: number = limits.saidLength): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
