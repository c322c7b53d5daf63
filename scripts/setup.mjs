// Makes a fresh clone ready: installs what the lockfile names when it is missing or older than the
// lockfile, then compiles. Both README commands call it first; when nothing changed it takes a second.

import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Murmuration needs Node 20.19 or later; this is ${process.version}. Install a newer Node and run the command again.`,
  )
}

const lock = join(root, 'package-lock.json')
const installed = join(root, 'node_modules', '.package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  say('installing dependencies (once)')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}
if (!existsSync(join(root, 'packages', 'node-peer', 'dist', 'web'))) say('compiling, and building the page (once)')
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'])
run(process.execPath, [join(root, 'scripts', 'bundle.mjs')])
run(process.execPath, [join(root, 'packages', 'browser-peer', 'scripts', 'build-scripts.mjs')])
run(process.execPath, [join(root, 'scripts', 'page.mjs')])

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (error) fail(`could not start ${command}: ${error.message}`)
  if (status !== 0) fail(`${command} ${args.slice(0, 2).join(' ')} failed (exit code ${status}); see above.`)
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
