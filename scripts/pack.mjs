// `npm run pack`: tarballs to install from, for as long as murmuration is on no registry. Says how.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { makeTarballs, root } from './tarballs.mjs'

const folder = join(root, 'tarballs')
rmSync(folder, { recursive: true, force: true })
try {
  const files = makeTarballs(folder)
  process.stderr.write(`pack: ${files.length} tarballs; in your project:\n`)
  process.stdout.write(`npm install ${join(folder, '*.tgz')}\n`)
} catch (error) {
  process.stderr.write(`pack: ${error.message}\n`)
  process.exitCode = 1
}
