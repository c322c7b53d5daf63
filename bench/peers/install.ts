// `npm run bench:peers`: installs Ray and Dask for the benchmark, so that a later `--with` need not.
// Prints the interpreter's path.

import { pythonWith } from './venv.ts'

try {
  process.stdout.write(`${pythonWith((line) => process.stderr.write(`${line}\n`))}\n`)
} catch (error) {
  process.stderr.write(`bench:peers: ${(error as Error).message}\n`)
  process.exit(1)
}
