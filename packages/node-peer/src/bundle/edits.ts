// Small changes to a bundle's text after it was made, with its source map moved along: a label cut short here, a word
// longer there. What is changed, and why, is said by those who ask for it.

import { decode, encode } from '@jridgewell/sourcemap-codec'

/** Takes the place of what stands there; both lie within one line. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface Mapped {
  readonly text: string
  /** A source map's mappings. */
  readonly mappings: string
}

/** None of them overlap. */
export function edited({ text, mappings }: Mapped, edits: readonly Edit[]): Mapped {
  if (edits.length === 0) return { text, mappings }
  const ordered = [...edits].sort((a, b) => a.start - b.start)
  const pieces: string[] = []
  let from = 0
  for (const edit of ordered) {
    pieces.push(text.slice(from, edit.start), edit.text)
    from = edit.end
  }
  return { text: pieces.join('') + text.slice(from), mappings: moved(text, ordered, mappings) }
}

/** Only columns behind an edit on its own line move. */
function moved(text: string, edits: readonly Edit[], mappings: string): string {
  const lines = decode(mappings)
  let next = 0
  let lineStart = 0
  for (const segments of lines) {
    const newline = text.indexOf('\n', lineStart)
    const lineEnd = newline === -1 ? text.length : newline
    let shift = 0
    for (const segment of segments) {
      for (; next < edits.length && edits[next]!.end <= lineStart + segment[0]; next++) shift += growth(edits[next]!)
      segment[0] += shift
    }
    while (next < edits.length && edits[next]!.end <= lineEnd) next++
    lineStart = lineEnd + 1
  }
  return encode(lines)
}

function growth({ start, end, text }: Edit): number {
  return text.length - (end - start)
}
