// The `murmur` command's first and last line: what was typed goes in, an exit code comes out.

import { command } from './command.ts'

/** As Node says of a module that waits for what can never come. */
const neverEnded = 13

// Whoever read our lines is gone, as in `murmur list tasks | head`.
process.stdout.on('error', () => process.exit())

const giveUp = (): void => void (process.exitCode = neverEnded)
process.once('beforeExit', giveUp)
void command(process.argv.slice(2)).then((code) => {
  process.off('beforeExit', giveUp)
  process.exitCode = code
})
