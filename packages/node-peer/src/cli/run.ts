// `murmur run`: bundles a program, runs it in this process and, when its module has ended and nothing
// of it waits for the mesh any more, leaves every mesh it joined. The exit code is the program's.

import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import { allOpen } from '../open-meshes.ts'
import { entriesIn } from './arguments.ts'
import type { Common } from './arguments.ts'
import { bundleProgram } from './bundle-program.ts'
import { describe, plain } from './describe.ts'
import { plural } from './words.ts'

export async function run(
  file: string,
  args: readonly string[],
  { home, json = false, ...common }: Common,
): Promise<number> {
  const program = resolve(file)
  sayWhoseTheyAre(file, args)
  const bundled = await bundleProgram(program, file)
  const entry = entriesIn(common)
  if (entry) process.env['MURMURATION_ENTRY'] = entry.join(',')
  if (home !== undefined) process.env['MURMURATION_HOME'] = resolve(home)
  process.argv = [process.argv[0] ?? 'node', program, ...args]
  process.setSourceMapsEnabled(true)
  const signals = leaveOnSignals()
  const failed = (error: unknown): void => {
    // What breaks because it was stopped is no failure of the program.
    if (signals.stopped) return
    process.stderr.write(json ? `${JSON.stringify({ error: plain(error) })}\n` : `${describe(error)}\n`)
    process.exitCode = 1
  }
  dieOfUncaught(failed, signals)
  try {
    await import(pathToFileURL(bundled.file).href)
    await untilQuiet()
    sayWhatIsDropped()
  } catch (error) {
    failed(error)
  } finally {
    bundled.remove()
  }
  await leaveAll()
  // What keeps a program from ending after this is its own.
  return typeof process.exitCode === 'number' ? process.exitCode : Number(process.exitCode ?? 0)
}

/** The command's own options stand before the file; behind it they are the program's, which may not be what was meant. */
function sayWhoseTheyAre(file: string, args: readonly string[]): void {
  const end = args.indexOf('--')
  const looked = end === -1 ? args : args.slice(0, end)
  const ours = looked.find((word) => /^--(entry|invite|home)(=|$)/.test(word))?.split('=')[0]
  if (ours === undefined) return
  process.stderr.write(`murmur: ${ours} behind ${file} goes to the program; for murmur it stands before the file\n`)
}

/** Functions that nobody awaits may still be at work: until none of them waits for a mesh. */
async function untilQuiet(): Promise<void> {
  let quiet = 0
  // What continues after an answer asks again within a few turns, if it does.
  while (quiet < 3) {
    const isBusy = [...allOpen()].some((mesh) => mesh.isBusy())
    quiet = isBusy ? 0 : quiet + 1
    await new Promise((next) => (isBusy ? setTimeout(next, lookMs) : setImmediate(next)))
  }
}

const lookMs = 10

/** Work that was asked for and never awaited ends with the program. */
function sayWhatIsDropped(): void {
  const count = [...allOpen()].reduce((sum, mesh) => sum + (mesh.unsettled?.() ?? 0), 0)
  if (count === 0) return
  const are = count === 1 ? 'was' : 'were'
  process.stderr.write(
    `murmur: ${plural(count, 'task')} that nobody waited for ${are} ended with the program: await ${count === 1 ? 'its ref' : 'their refs'}\n`,
  )
}

async function leaveAll(): Promise<void> {
  await Promise.allSettled([...allOpen()].map((mesh) => mesh.leave()))
}

/** As Node does it, in our words, and not without a goodbye. */
function dieOfUncaught(failed: (error: unknown) => void, signals: { readonly stopped: boolean }): void {
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') > 1) return // The program has its own way.
    if (signals.stopped) return
    failed(error)
    void leaveAll().finally(() => process.exit(1))
    setTimeout(() => process.exit(1), goodbyeMs).unref()
  })
}

const goodbyeMs = 3_000

function leaveOnSignals(): { readonly stopped: boolean } {
  const signals = { stopped: false }
  const stop = (signal: NodeJS.Signals): void => {
    const code = signal === 'SIGINT' ? 130 : 143
    if (process.listenerCount(signal) > 1) return // The program has its own way.
    if (signals.stopped) process.exit(code)
    signals.stopped = true
    process.stderr.write('murmur: stopped\n')
    void leaveAll().finally(() => process.exit(code))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return signals
}
