// Says how far the picture is: a bar on a terminal, a line every few seconds anywhere else. All of it goes to
// stderr, so that stdout holds results only.

import { SingleBar } from 'cli-progress'
import { counted } from './words.ts'

const LINE_MS = 3_000

/** What a progress line tells. */
export interface Counts {
  readonly done: number
  /** Without a mesh there are none to tell of. */
  readonly mesh?: { readonly retried: number; readonly rebuilt: number; readonly alive: number } | undefined
}

export interface Progress {
  /** Shows new counts, now or when the next line is due. */
  readonly show: (counts: Counts) => void
  /** Says a whole line of its own. */
  readonly say: (line: string) => void
  /** Shows the last counts and ends the bar. */
  readonly stop: () => void
}

export function showProgress(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? barOn(stream, total) : linesOn(stream, total)
}

function barOn(stream: NodeJS.WriteStream, total: number): Progress {
  const bar = new SingleBar({
    stream,
    format: '{bar} {percentage} % | {value}/{total} tasks{mesh} | {duration_formatted}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    barsize: 28,
    fps: 8,
    // Ctrl-C is ours: the children must go first.
    gracefulExit: false,
  })
  let last: Counts = { done: 0 }
  const draw = (): void => bar.update(last.done, { mesh: meshOf(last, ' | ') })
  bar.start(total, 0, { mesh: '' })
  return {
    show(counts) {
      last = counts
      draw()
    },
    say(line) {
      // The bar owns the terminal's last line: clear it, let the sentence scroll, and draw it again.
      stream.write(`\r\u001b[K${line}\n`)
      draw()
    },
    stop: () => bar.stop(),
  }
}

function linesOn(stream: NodeJS.WriteStream, total: number): Progress {
  let shown = 0
  let at = performance.now()
  let last: Counts | undefined
  const line = (counts: Counts): void => {
    const percent = Math.floor((100 * counts.done) / total)
    stream.write(`${percent} %: ${counts.done} of ${total} tasks${meshOf(counts, ', ')}\n`)
    shown = counts.done
    at = performance.now()
  }
  return {
    show(counts) {
      last = counts
      if (performance.now() - at >= LINE_MS) line(last)
    },
    say: (text) => void stream.write(`${text}\n`),
    stop() {
      if (last !== undefined && last.done !== shown) line(last)
    },
  }
}

function meshOf({ mesh }: Counts, separator: string): string {
  if (!mesh) return ''
  const { retried, rebuilt, alive } = mesh
  return ['', `${retried} retried`, `${rebuilt} rebuilt`, counted(alive, 'peer')].join(separator)
}
