// Makes dist/scripts.js: what runs in the frame and in its workers, each as one text that imports nothing.
// Both live where no network is, so they travel inside this package and not beside it.

import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')

/** By the name it is exported under: the compiled module it begins with. */
const scripts = { workerScript: 'worker/main.js', frameScript: 'sandbox/frame.js' }

const made = await Promise.all(
  Object.entries(scripts).map(async ([name, entry]) => {
    const { outputFiles } = await build({
      entryPoints: [join(dist, entry)],
      bundle: true,
      write: false,
      minify: true,
      legalComments: 'none',
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
    })
    return `export const ${name} = ${JSON.stringify(outputFiles[0].text.trimEnd())}\n`
  }),
)
writeFileSync(join(dist, 'scripts.js'), made.join(''))
