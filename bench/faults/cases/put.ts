// A value that a program puts and has copied; the program is killed, and a task at a peer without a copy,
// which was handed the ref, reads it. Nothing can make a put value again: it lives by its copies and by
// somebody who answers for it when its program is gone.

import { watch } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CaseContext, type FaultCase, NotThere } from '../case.ts'
import { startPeers, startProgram } from '../mesh/flock.ts'
import type { PutterOrder } from '../mesh/putter.ts'

const bytes = 2_000_000
const giveUpMs = 50_000

export const put: FaultCase = {
  name: 'put',
  what: 'a value put by a program that is then SIGKILLed, read by a task that was handed its ref',
  promised: 'readable, ≤ 1.5 s',
  kept: ({ readableMs, lost }) => lost === 0 && readableMs !== null && readableMs <= 1_500,
  others: [],
  work: null,
  async run(context) {
    const peers = await startPeers(context, 3)
    const go = join(context.directory, 'go')
    await writeFile(context.runs, '')
    const putter = startProgram<PutterOrder>(context, 'putter', { peers, bytes, go })
    await putter.next('holding')
    await lineIn(context, /^begin /m)
    const at = Date.now()
    putter.process.kill()
    await writeFile(go, '')
    const line = await lineIn(context, /^(read|wrong|failed) .*$/m)
    if (line === null)
      throw new NotThere(
        `the task that held the ref said nothing in ${giveUpMs / 1_000} s: it was ended with its program`,
      )
    if (line.startsWith('failed')) throw new NotThere(`the ref could not be read: ${line.slice('failed '.length)}`)
    const [how, readAt] = line.split(' ')
    const losses = [{ at, pids: [putter.process.pid], heardAt: null }]
    return { beganAt: at, endedAt: Number(readAt), changes: [], losses, lost: how === 'read' ? 0 : 1 }
  },
}

/** The first such line of the runs file, when it has come; null when it does not come. */
function lineIn({ runs }: CaseContext, pattern: RegExp): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const watcher = watch(runs)
    const end = (line: string | null): void => {
      clearTimeout(timer)
      watcher.close()
      resolve(line)
    }
    const timer = setTimeout(() => end(null), giveUpMs)
    const look = (): void => {
      readFile(runs, 'utf8').then((text) => {
        const [line] = pattern.exec(text) ?? []
        if (line !== undefined) end(line)
      }, reject)
    }
    watcher.on('change', look)
    look()
  })
}
