// Makes each package's dist/bundled: what a module of it exports from other projects, as one file for Node, since to
// find and load 500 small modules takes half of a peer's start. Does nothing when that is newer than what is installed.

import { rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** By package: the modules that only export again. What several of them need is kept once. */
const parts = { core: ['schema'], 'libp2p-link': ['parts', 'node-parts'] }

const installedMs = changedMs(join(root, 'node_modules', '.package-lock.json'))
for (const [name, modules] of Object.entries(parts)) {
  const dist = join(root, 'packages', name, 'dist')
  const bundled = join(dist, 'bundled')
  const entryPoints = modules.map((module) => join(dist, `${module}.js`))
  const neededMs = Math.max(installedMs, ...[...entryPoints, fileURLToPath(import.meta.url)].map(changedMs))
  if (neededMs < changedMs(join(bundled, `${modules[0]}.js`))) continue
  const { build } = await import('esbuild')
  rmSync(bundled, { recursive: true, force: true })
  await build({
    entryPoints,
    outdir: bundled,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'eof',
    // Some of it is CommonJS and asks for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
}

function changedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
