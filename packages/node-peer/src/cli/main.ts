// The `murmur` command's first and last line: what was typed goes in, an exit code comes out.

import { command } from './command.ts'

// Whoever read our lines is gone, as in `murmur list tasks | head`.
process.stdout.on('error', () => process.exit())

void command(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
