// Makes the tarballs that users install: the facade and what it stands on, each with the licence and a
// README. Packed from a copy beside the sources, so that no file that only a tarball needs is kept twice.

import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** What each is built on comes before it. */
const packages = ['core', 'libp2p-link', 'node-peer', 'browser-peer', 'sim-peer', 'murmuration']

/** Packs the compiled packages into that folder; the tarballs' paths. Throws an Error with one sentence. */
export function makeTarballs(folder) {
  mkdirSync(folder, { recursive: true })
  const staging = mkdtempSync(join(tmpdir(), 'murmuration-pack-'))
  try {
    return packages.map((name) => pack(stage(name, staging), folder))
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function stage(name, staging) {
  const from = join(root, 'packages', name)
  const to = join(staging, name)
  cpSync(from, to, { recursive: true, filter: (file) => basename(file) !== 'node_modules' })
  copyFileSync(join(root, 'LICENSE'), join(to, 'LICENSE'))
  if (!existsSync(join(to, 'README.md'))) copyFileSync(join(root, 'README.md'), join(to, 'README.md'))
  return to
}

function pack(from, folder) {
  const { status, stdout, stderr, error } = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: from,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (error) throw new Error(`could not start npm: ${error.message}`)
  const file = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !readdirSync(folder).includes(file)) throw new Error(`npm pack failed in ${from}: ${stderr}`)
  return join(folder, file)
}
