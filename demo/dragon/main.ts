// The dragon, from the command line. stdout holds the result, stderr what happens on the way.

import { readOptions, type DragonOptions } from './options.ts'
import { shown, tellResult, type Result } from './result.ts'

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
  if (stoppedBy === undefined) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  } else {
    process.stderr.write(`stopped; the picture so far is in ${shown(options.file)}\n`)
    process.exitCode = EXIT_CODES[stoppedBy]
  }
}

/** Loads what the chosen way needs: without a mesh, none of the mesh. */
async function draw(options: DragonOptions, signal: AbortSignal): Promise<Result> {
  if (options.alone) return (await import('./alone.ts')).drawAlone(options, signal)
  return (await import('./on-mesh.ts')).drawOnMesh(options, signal)
}
