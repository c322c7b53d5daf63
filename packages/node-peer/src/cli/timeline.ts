// `murmur timeline`: the latest work of the whole mesh as a trace, into a file or onto stdout.

import type { Common } from './arguments.ts'
import { observe } from './observer.ts'
import { writable, write } from './output-file.ts'
import { print, printJson } from './table.ts'
import { bytes, plural } from './words.ts'

export interface TimelineOptions extends Common {
  readonly output?: string | undefined
}

export async function timeline(options: TimelineOptions): Promise<number> {
  const file = options.output === undefined ? null : await writable(options.output)
  const text = await observe(options, ({ mesh }) => mesh.timeline())
  if (file === null) {
    print(text)
    return 0
  }
  await write(file, new TextEncoder().encode(text))
  const { traceEvents } = JSON.parse(text) as { traceEvents: readonly { ph: string }[] }
  const attempts = traceEvents.filter(({ ph }) => ph === 'X').length
  if (options.json === true) printJson({ file, attempts, bytes: text.length })
  else
    print(
      `${options.output}: ${plural(attempts, 'attempt')}, ${bytes(text.length)}; open it in https://ui.perfetto.dev`,
    )
  return 0
}
