// `npm run bench:memory`: what a million small tasks, in rounds of ten thousand, leave behind in the memory
// of whoever submits them and of the two peers that run them and guard its ledger. The series is to be flat.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { joinMesh } from 'murmuration'
import { commandLine } from '../command-line.ts'
import { processGroup } from '../processes.ts'
import { used } from './used.ts'
import type { Used } from './used.ts'

const help = `usage: npm run bench:memory -- [--rounds N] [--named]

  --rounds N  of 10,000 tasks each (default 100)
  --named     as a job with a name: guardians keep a row of each task until it is stopped
`
const { values, whole } = commandLine(
  { command: 'bench:memory', help },
  {
    options: {
      rounds: { type: 'string', default: '100' },
      named: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  },
)

const perRound = 10_000
const rounds = whole('rounds')

const home = await mkdtemp(join(tmpdir(), 'murmuration-memory-'))
process.env['MURMURATION_HOME'] = home
const group = processGroup({ MURMURATION_HOME: home })
try {
  const peers = [group.start('./memory/peer.js', 'begin'), group.start('./memory/peer.js', 'begin')]
  for (const peer of peers) await peer.next()
  const mesh = await joinMesh({ slots: 0, identity: 'fresh' })
  const job = values.named ? await mesh.job('memory') : mesh
  const same = job.fn((n: number) => n)
  const startedAt = performance.now()
  for (let round = 0; ; round++) {
    if (round % Math.max(1, Math.round(rounds / 10)) === 0 || round === rounds) await say(round)
    if (round === rounds) break
    const refs = Array.from({ length: perRound }, (_, n) => same(round * perRound + n))
    await job.get(refs)
    for (const ref of refs) ref[Symbol.dispose]()
  }
  await mesh.leave()

  async function say(round: number): Promise<void> {
    const all: Used[] = [used()]
    for (const peer of peers) {
      peer.tell('used')
      all.push(await peer.next<Used>())
    }
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
    const [owner = '', ...others] = all.map(
      ({ heapMb, residentMb }) => `${heapMb.toFixed(1)} (${residentMb.toFixed(0)}) MB`,
    )
    process.stdout.write(`${round * perRound} tasks, ${seconds} s: submitter ${owner}, peers ${others.join(', ')}\n`)
  }
} finally {
  await group.end()
  await rm(home, { recursive: true, force: true })
}
