// `npm run churn:bank`: the bank of examples/bank.ts in real processes. Three programs move money between twenty
// accounts while, one after another, peers are killed and others come. No money may be lost and none made, and every
// transfer counts once.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Rng } from '@murmuration/core/internal'
import { commandLine } from '../command-line.ts'
import { Terminals } from './murmur.ts'
import type { Command } from './murmur.ts'

const help = `usage: npm run churn:bank -- [options]

Peers of one slot each, started with murmur up; three programs, started with murmur run, make so many transfers between
twenty accounts that are actors (onceOnly, detached, restarted as often as it takes). Meanwhile a peer at a time is
killed with SIGKILL, and another one comes. Then a fourth program looks: the money must be what it was in the
beginning, and the deposits as many as the transfers that were made. A line per run; exit code 1 when one was wrong.

options:
  --transfers N  of all three together (default 10,000)
  --runs N       each in a new mesh (default 1)
  --peers N      how many at a time (default 5)
  --every S      seconds between two kills (default 8)
  --seed N       decides who is killed (default: by chance; it is printed)
  --help         print this
`

const { values, whole } = commandLine(
  { command: 'churn:bank', help },
  {
    options: {
      transfers: { type: 'string', default: '10000' },
      runs: { type: 'string', default: '1' },
      peers: { type: 'string', default: '5' },
      every: { type: 'string', default: '8' },
      seed: { type: 'string', default: String(1 + Math.floor(Math.random() * (2 ** 32 - 1))) },
      help: { type: 'boolean', default: false },
    },
  },
)
const [transfers, runs, peers, every] = [whole('transfers'), whole('runs'), whole('peers'), whole('every')]
const tellerCount = 3
const money = 20_000
const bank = fileURLToPath(new URL('../../../examples/bank.ts', import.meta.url))

const rng = new Rng(whole('seed'))
process.stdout.write(`seed ${values.seed}\n`)
let wrong = 0
for (let run = 1; run <= runs; run++) {
  const line = await once().catch((error: unknown) => `WRONG: ${String(error)}`)
  if (!line.startsWith('right')) wrong++
  process.stdout.write(`run ${run} of ${runs}: ${line}\n`)
}
process.exit(wrong === 0 ? 0 : 1)

/** In a mesh of its own, which is gone with it, whatever happens. */
async function once(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'murmuration-bank-'))
  const terminals = new Terminals(home)
  const stopped = (): void => void terminals.close().finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopped)
  try {
    return await work(terminals)
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stopped)
    await terminals.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function work(terminals: Terminals): Promise<string> {
  const began = performance.now()
  const flock = await Promise.all(Array.from({ length: peers }, () => up(terminals)))
  await terminals.murmur('run', bank, '0').ended
  const share = Math.ceil(transfers / tellerCount)
  const tellers = Array.from({ length: tellerCount }, () => terminals.murmur('run', bank, String(share)))
  const state = { isOver: false }
  const done = Promise.all(tellers.map(({ ended }) => ended)).finally(() => (state.isOver = true))
  const [told, struck] = await Promise.allSettled([done, strike(terminals, flock, state)])
  if (told.status === 'rejected') throw told.reason
  if (struck.status === 'rejected') throw struck.reason
  const made = told.value.reduce((sum, text) => sum + number(/(\d+) of \d+ transfers made/, text), 0)
  const books = await terminals.murmur('run', bank, '0').ended
  const [amount, deposits] = [number(/accounts have (\d+)/, books), number(/after (\d+) deposits/, books)]
  const asked = share * tellerCount
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  const isRight = amount === money && deposits === made && made * 2 > asked
  return `${isRight ? 'right' : 'WRONG'}: ${asked} transfers asked for, ${made} made (the others found too little in the account), ${deposits} deposits, ${amount} of ${money} there, ${struck.value} peers killed, ${seconds} s`
}

async function up(terminals: Terminals): Promise<Command> {
  const peer = terminals.murmur('up', '--json', '--slots', '1')
  await peer.printed(/"event":"up"/)
  return peer
}

/** Kills one at a time until the work is over; another comes for each. Resolves to how many. */
async function strike(terminals: Terminals, flock: Command[], state: { readonly isOver: boolean }): Promise<number> {
  for (let killed = 0; ; killed++) {
    for (let waited = 0; waited < every * 1_000; waited += 100) {
      if (state.isOver) return killed
      await pause(100)
    }
    const [victim] = flock.splice(rng.below(flock.length), 1)
    await victim?.kill()
    flock.push(await up(terminals))
  }
}

function number(pattern: RegExp, text: string): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN)
}
