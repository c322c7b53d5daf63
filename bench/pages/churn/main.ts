// `npm run churn:pages`: an hour in the life of six pages and two Node peers that work without a pause, while every
// twenty seconds a page crashes, is closed or is reloaded. Nothing may be lost, and nobody's memory may grow.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { joinMesh } from 'murmuration'
import { Rng } from '@murmuration/core/internal'
import { commandLine } from '../../command-line.ts'
import { processGroup } from '../../processes.ts'
import { Site } from '../site.ts'
import { faults, FlockOfPages } from './flock-of-pages.ts'
import type { Fault } from './flock-of-pages.ts'
import { memoryLine } from './memory.ts'
import type { ChurnPeerOrder, ChurnPeerUp } from './peer.ts'
import { Rounds } from './rounds.ts'

const help = `usage: npm run churn:pages -- [options]

Six pages in Chromium and two Node peers run a job that a third Node peer asks for again and again; objects that
pages made are kept with two copies, and read in every round. A page at a time crashes, is closed or is reloaded, and
is replaced; the first page is spared, so that its memory is a series from beginning to end. Once a minute a line says
who uses how much: the heap of each page (and in brackets its age in minutes), what is resident in all processes of
pages, heap and resident of Node peers. The last line counts rounds, faults, results, and what was violated. Exit code
1 when a result was lost or wrong.

options:
  --minutes N   how long (default 60)
  --every S     seconds between faults (default 20)
  --seed N      decides which pages are struck and how (default: by chance; it is printed)
  --verbose     a line for each fault
  --help        print this
`

const { values, stop } = commandLine(
  { command: 'churn:pages', help },
  {
    options: {
      minutes: { type: 'string', default: '60' },
      every: { type: 'string', default: '20' },
      seed: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  },
)
const [minutes, every] = [positive('minutes'), positive('every')]
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : positive('seed')

/** Moves on to when the pages are there. */
let began = performance.now()
const say = (line: string): void => void process.stdout.write(`${clock()} ${line}\n`)
const home = await mkdtemp(join(tmpdir(), 'murmuration-churn-'))
process.env['MURMURATION_HOME'] = home
const processes = processGroup({ MURMURATION_HOME: home })
const site = await Site.open({ say })
const isOver = (): boolean => performance.now() - began >= minutes * 60_000
const counts: Record<Fault, number> = { crashed: 0, closed: 0, reloaded: 0 }
try {
  const first = await startPeer([])
  const second = await startPeer(first.addresses)
  site.link = second.link
  const mesh = await joinMesh({ entry: first.addresses, slots: 0, identity: 'fresh', taskOutput: 'none' })
  const rounds = new Rounds(mesh, say)
  const pages = new FlockOfPages(site, new Rng(seed))
  await pages.grow()
  began = performance.now()
  say(`seed ${seed}: ${minutes} min, a fault every ${every} s`)

  const peers = [first.process, second.process]
  const memory = async (): Promise<void> =>
    say(`${await memoryLine({ site, pages, peers })}; ${rounds.tally.rounds} rounds`)
  const strikeOnce = async (): Promise<void> => {
    const strike = pages.aim()
    if (values.verbose) say(`${strike.member.name} is ${strike.fault}`)
    counts[strike.fault]++
    await pages.strike(strike)
    await pages.grow()
  }
  // One after the other: a page that has just crashed has no memory to be measured.
  const trouble = (async () => {
    let minute = 0
    for (let number = 1; ; number++) {
      try {
        if (performance.now() - began >= minute * 60_000) {
          minute++
          await memory()
        }
        await pauseUntil(number * every * 1_000)
        if (isOver()) return await memory()
        await strikeOnce()
      } catch (error) {
        rounds.violated(`the pages after fault ${number}: ${String(error)}`)
      }
    }
  })()
  while (!isOver()) await rounds.run()
  await trouble
  await mesh.leave()

  const { rounds: run, right, lost, violations } = rounds.tally
  const total = faults.reduce((sum, fault) => sum + counts[fault], 0)
  const each = faults.map((fault) => `${counts[fault]} ${fault}`).join(', ')
  say(`${run} rounds, ${total} faults (${each}), ${right} results right, ${lost} lost, ${violations} violations`)
  process.exitCode = lost + violations > 0 ? 1 : 0
} finally {
  await site.close()
  await processes.end()
  await rm(home, { recursive: true, force: true })
}

async function startPeer(entry: readonly string[]) {
  // Outlives the run: an invite that ends takes those who came in by it along.
  const forMs = (minutes + 60) * 60_000
  const order: ChurnPeerOrder = { home, entry, page: site.url, forMs }
  const process = processes.start('./pages/churn/peer.js', order)
  return { process, ...(await process.next<ChurnPeerUp>()) }
}

async function pauseUntil(ms: number): Promise<void> {
  await pause(Math.max(0, Math.min(ms, minutes * 60_000) - (performance.now() - began)))
}

/** Minutes and seconds since the beginning. */
function clock(): string {
  const seconds = (performance.now() - began) / 1_000
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${two(seconds / 60)}:${two(seconds % 60)}`
}

function positive(option: 'minutes' | 'every' | 'seed'): number {
  const value = Number(values[option])
  return value > 0 ? value : stop(`--${option} takes a number above 0; got ${values[option]}`)
}
