// Python with the others that the mesh is measured beside, in a folder of the benchmark that git does not
// track: made when it is first asked for, and again when requirements.txt has changed. Packages come from wherever
// this machine's pip is set up to take them.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../peers/', import.meta.url))
const venv = `${folder}.venv`
const requirements = `${folder}requirements.txt`
/** What was installed, written when all of it was. */
const installed = `${venv}/installed.txt`

/** The interpreter's path. Throws a sentence for people when there can be none. */
export function pythonWith(say: (line: string) => void): string {
  const python = `${venv}/${process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'}`
  const wanted = readFileSync(requirements, 'utf8')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return python
  say(`installing ${wanted.trim().replaceAll('\n', ', ')} into ${venv} (once)`)
  rmSync(venv, { recursive: true, force: true })
  run(systemPython(), ['-m', 'venv', venv], 'could not make a Python environment: is python3-venv installed?')
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]
  run(
    python,
    args,
    `pip could not install ${requirements}: is the package registry reachable, and has it these versions for this Python?`,
  )
  writeFileSync(installed, wanted)
  return python
}

function systemPython(): string {
  const found = ['python3', 'python'].find((name) => {
    const { status, stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' })
    return status === 0 && stdout.startsWith('Python 3.')
  })
  if (found === undefined)
    throw new Error(
      'Ray and Dask need Python 3.10 or later, and none is on the PATH; leave --with out to measure the mesh alone',
    )
  return found
}

function run(command: string, args: readonly string[], otherwise: string): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 2, 'pipe'] })
  if (status === 0) return
  const last = (error?.message ?? stderr ?? '').trim().split('\n').at(-1) ?? ''
  rmSync(venv, { recursive: true, force: true })
  throw new Error(`${otherwise} (${last})`)
}
