// The same cases by others, each a Python program of bench/peers that starts its own cluster on loopback,
// strikes it and prints its facts as one line. What it started it ends; should it not end itself in time, it and the
// processes of its group are ended here.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CaseContext, CaseName, Contestant } from './case.ts'
import type { Facts } from './facts.ts'

export interface Other {
  readonly name: Exclude<Contestant, 'mesh'>
  run(name: CaseName, context: CaseContext): Promise<Facts>
}

/** Starting and ending a cluster, which the limit does not count. */
const aroundMs = 120_000
const endingMs = 10_000

export interface OthersOptions {
  readonly python: string
  /** How long a case may take, from its first task or its fault. */
  readonly limitMs: number
}

export function other(name: Other['name'], { python, limitMs }: OthersOptions): Other {
  const folder = fileURLToPath(new URL('../../peers/', import.meta.url))
  return {
    name,
    async run(caseName, { directory, runs }) {
      const order = JSON.stringify({ case: caseName, directory, runs, limitMs })
      const began = Date.now()
      const { printed, said } = await output(python, [`${folder}${name}_faults.py`, order], limitMs + aroundMs)
      const line = printed.split('\n').findLast((text) => text.startsWith('{"'))
      if (line !== undefined) return JSON.parse(line) as Facts
      const last = said.trim().split('\n').at(-1) ?? ''
      throw new Error(
        `its program ended after ${Math.round((Date.now() - began) / 1_000)} s without a result: ${last.slice(0, 200)}`,
      )
    },
  }
}

function output(command: string, args: readonly string[], mostMs: number): Promise<{ printed: string; said: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that all of it can be ended.
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    let said = ''
    child.stdout.on('data', (text: Buffer) => (printed += text.toString()))
    child.stderr.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-10_000)))
    // It ends what it started, then itself; the group is for when it cannot.
    const timer = setTimeout(() => child.kill('SIGTERM'), mostMs)
    const last = setTimeout(() => endGroup(child.pid), mostMs + endingMs)
    child.once('error', reject)
    // Not `close`: a daemon that it left would keep its output open.
    child.once('exit', () => {
      clearTimeout(timer)
      clearTimeout(last)
      setImmediate(() => resolve({ printed, said }))
    })
  })
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left of it.
  }
}
