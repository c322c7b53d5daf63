// Makes each package's dist/bundled: all that Node loads of it, with what it uses of other projects, as a few files. To
// find, read and compile a thousand small modules is more than half of a peer's start. Every door of a package leads into
// the same files, so that nothing of it is there twice. Does nothing where that is newer than what it is made of.

import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** By package: its doors, as `exports` in its package.json names them for Node. Flat, one level below dist, as every module there that finds a file by its own place expects. */
const doors = {
  core: { index: 'index', internal: 'internal', reading: 'reading', seeing: 'seeing', task: 'task', worker: 'worker' },
  'libp2p-link': { index: 'index', 'node-parts': 'node-parts' },
  'node-peer': {
    cli: 'cli/main',
    code: 'code',
    index: 'index',
    internal: 'internal',
    vite: 'vite/index',
    worker: 'worker',
  },
}

/** What stays apart: our other packages, of which there must be one each, and what has native parts. */
const apart = ['@murmuration/*', 'esbuild', 'msgpackr', 'vite']

const requireFrom =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

const installedMs = changedMs(join(root, 'node_modules', '.package-lock.json'))
for (const [name, entries] of Object.entries(doors)) {
  const dist = join(root, 'packages', name, 'dist')
  const bundled = join(dist, 'bundled')
  const neededMs = Math.max(installedMs, changedMs(fileURLToPath(import.meta.url)), ...modulesIn(dist).map(changedMs))
  const stamp = join(dist, '.bundled')
  if (neededMs < changedMs(stamp)) continue
  const { build } = await import('esbuild')
  const { metafile } = await build({
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([door, module]) => [door, join(dist, `${module}.js`)]),
    ),
    outdir: bundled,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: apart,
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    legalComments: 'eof',
    sourcemap: true,
    sourcesContent: false,
    // Some of libp2p and of the command line is CommonJS and asks for Node's own modules. Of core every task carries a part.
    banner: name === 'core' ? {} : { js: requireFrom },
  })
  const made = new Set(Object.keys(metafile.outputs).map((file) => basename(file)))
  for (const file of readdirSync(bundled)) if (!made.has(file)) rmSync(join(bundled, file))
  // The last thing: a build that broke off is not taken for one.
  writeFileSync(stamp, '')
}

function modulesIn(dist) {
  const isMade = (name) => ['bundled', 'web'].includes(name.split(/[\\/]/)[0])
  const names = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js') && !isMade(name))
  return names.map((name) => join(dist, name))
}

function changedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
