// Columns and colours of what is printed. Colours only on a stream that is a terminal which has them: the
// terminal's own answer counts NO_COLOR, FORCE_COLOR and TERM in, and a pipe never has any, on CI machines neither.

import Table from 'cli-table3'
import pc from 'picocolors'

export const colours = coloursOn(process.stdout)

/** For what goes to stderr, which may be a terminal when stdout is none, and the other way round. */
export const errorColours = coloursOn(process.stderr)

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** A header and rows, two blanks between columns. Columns named in `right` hold numbers. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const made = new Table({
    head: head.map((name) => colours.dim(name)),
    chars: noLines,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((name) => (right.includes(name) ? 'right' : 'left')),
  })
  made.push(...rows.map((row) => [...row]))
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

const stateColours: Readonly<Record<string, (text: string) => string>> = {
  alive: colours.green,
  hidden: colours.cyan,
  draining: colours.yellow,
  suspect: colours.yellow,
  dead: colours.red,
  left: colours.dim,
  failure: colours.red,
  lost: colours.red,
}

/** `isTTY` is absent, not false, where the stream is a pipe; and a pipe has no `hasColors`. */
function coloursOn(stream: { isTTY?: boolean; hasColors(): boolean }): ReturnType<typeof pc.createColors> {
  return pc.createColors(stream.isTTY === true && stream.hasColors())
}

export function coloured(state: string): string {
  return (stateColours[state] ?? String)(state)
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, process.stdout.isTTY ? 2 : undefined))
}
