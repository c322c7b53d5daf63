// The dragon, from the command line. stdout holds the result, stderr what happens on the way.

import { readOptions, type DragonOptions } from './options.ts'
import { WriteError } from './png.ts'
import { shown, tellResult, Unfinished, type Result } from './result.ts'

/** What shells expect of a program that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

const options = readOptions(process.argv.slice(2))
const stop = new AbortController()
let stoppedBy: keyof typeof EXIT_CODES | undefined
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // Once: a second Ctrl-C ends this process at once, and the peers with it.
  process.once(name, () => {
    stoppedBy = name
    stop.abort()
  })
}

try {
  process.exitCode = tellResult(options, await draw(options, stop.signal))
} catch (error) {
  process.stderr.write(`${told(error)}\n`)
  process.exitCode = stoppedBy === undefined ? 1 : EXIT_CODES[stoppedBy]
}

function told(error: unknown): string {
  if (error instanceof WriteError) return `${shown(options.file)}: ${error.message}`
  const isWritten = error instanceof Unfinished && error.written
  const picture = isWritten ? `the picture so far is in ${shown(options.file)}` : 'nothing was drawn yet'
  if (stoppedBy !== undefined) return `stopped; ${picture}`
  const cause = error instanceof Unfinished ? error.cause : error
  return `${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n${picture}`
}

/** Loads what the chosen way needs: without a mesh, none of the mesh. */
async function draw(options: DragonOptions, signal: AbortSignal): Promise<Result> {
  if (options.alone) return (await import('./alone.ts')).drawAlone(options, signal)
  if (options.killSubmitter) return (await import('./restart.ts')).drawWithRestart(options, signal)
  return (await import('./on-mesh.ts')).drawOnMesh(options, signal)
}
