// `murmur timeline`: the latest work of the whole mesh as a trace, into a file or onto stdout; into a file whose name
// ends in .svg as a picture of it.

import type { Common } from './arguments.ts'
import { observe } from './observer.ts'
import { writable, write } from './output-file.ts'
import { print, printJson } from './table.ts'
import { pictureOf } from './trace-picture.ts'
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
  const { traceEvents } = JSON.parse(text) as { traceEvents: Parameters<typeof pictureOf>[0] }
  const isPicture = file.endsWith('.svg')
  const content = isPicture ? pictureOf(traceEvents) : text
  await write(file, new TextEncoder().encode(content))
  const attempts = traceEvents.filter(({ ph }) => ph === 'X').length
  if (options.json === true) printJson({ file, attempts, bytes: content.length })
  else
    print(
      `${options.output}: ${plural(attempts, 'attempt')}, ${bytes(content.length)}; open it in ${isPicture ? 'a browser' : 'https://ui.perfetto.dev'}`,
    )
  return 0
}
