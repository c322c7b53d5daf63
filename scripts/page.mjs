// Builds the page that `murmur up --page` and `npm start` serve, into the package that serves it; does nothing when
// it is newer than all that it is made of.

import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const built = join(root, 'packages', 'node-peer', 'dist', 'web', 'index.html')

const madeOf = [
  'package-lock.json',
  'demo/page',
  'demo/dragon',
  'packages/core/dist',
  'packages/libp2p-link/dist',
  'packages/browser-peer/dist',
  'packages/node-peer/dist/bundle',
  'packages/node-peer/dist/vite',
]

const newest = Math.max(...madeOf.map((path) => newestIn(join(root, path))))
if (newest > (statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0)) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'demo', 'page', 'vite.config.ts'), logLevel: 'warn' })
}

function newestIn(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  const files = readdirSync(path, { recursive: true }).filter((name) => /\.(js|ts|css|html|svg)$/.test(name))
  return Math.max(0, ...files.map((name) => statSync(join(path, name)).mtimeMs))
}
