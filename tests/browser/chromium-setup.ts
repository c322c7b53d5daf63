// Before the browser tests: Chromium has to be there. On Debian it is installed when we may; elsewhere what is
// missing is said. The tests are never left out in silence. And the program of their pages is bundled.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chromiumPath } from './chromium.ts'
import { makePageBundle } from './page-bundle.ts'

export default async function setUp(): Promise<void> {
  install()
  await makePageBundle()
}

function install(): void {
  if (existsSync(chromiumPath)) return
  const way = 'install Chromium there, or name another one in MURMURATION_CHROMIUM'
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0)
    throw new Error(`the browser tests need ${chromiumPath}: ${way} (as root on Debian they install it themselves)`)
  process.stderr.write('setup: installing Chromium (once)\n')
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'])
  if (!existsSync(chromiumPath)) throw new Error(`apt-get installed no ${chromiumPath}: ${way}`)
}

function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8' })
  if (error) throw new Error(`could not start ${command}: ${error.message}`)
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ''} ended with ${status}: ${stderr.trim()}`)
}
