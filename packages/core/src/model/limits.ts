// How long texts and lists may be on the wire: one place for those who write and for the codec that
// refuses. What people wrote (messages, reasons, stories) is cut to fit; what cannot be cut is
// refused where it is asked for.

export const limits = {
  /** Characters of one text as the codec takes it. */
  textLength: 1_048_576,
  /** What people wrote is cut to this, so that sentences made of it still fit. */
  saidLength: 16_384,
  /** One line of a story. */
  lineLength: 1_024,
  /** An application error with all its properties; a larger one travels without them. */
  errorBytes: 1_048_576,
  /** Refs in one value or spec, rows in one list. */
  listLength: 65_536,
} as const

/** A text that fits on the wire, with a sign where it was cut. */
export function clip(text: string, length: number = limits.saidLength): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
