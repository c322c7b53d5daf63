// `murmur drain`: has a peer hand over and leave. It waits until that peer has gone, and says meanwhile what it
// still has. A peer is named by its name or its id, or by how one of them begins.

import { MeshError } from '@murmuration/core/internal'
import type { PeerInfo } from '@murmuration/core/internal'
import type { Common } from './arguments.ts'
import { UsageError } from './failure.ts'
import type { Observer } from './observer.ts'
import { isObserver, observe } from './observer.ts'
import { print, printJson } from './table.ts'
import { duration, plural } from './words.ts'

export interface DrainOptions extends Common {
  /** Seconds. */
  readonly within: number
}

interface Left {
  readonly attempts: number
  readonly objects: number
}

const askMs = 250
/** It has left when its time is up; then the word of it has to come here. */
const wordMs = 10_000

export async function drain(whom: string, { within, ...common }: DrainOptions): Promise<number> {
  const withinMs = within * 1_000
  const { peer, ms, left } = await observe(common, async (observer) => {
    const peer = await choose(observer, whom)
    const tell = common.json === true ? () => {} : progress(peer.name)
    const startedAt = performance.now()
    const left = await untilLeft(observer, { peer, withinMs, tell })
    return { peer, left, ms: performance.now() - startedAt }
  })
  if (common.json === true) printJson({ peer: peer.id, name: peer.name, ms: Math.round(ms), ...left })
  else
    print(
      `${peer.name} has left after ${duration(ms)}${ms < withinMs ? '; all that it had is elsewhere' : remainder(left)}`,
    )
  return 0
}

/** Its time was up: what it had when it was last asked. */
function remainder({ attempts, objects }: Left): string {
  const parts = [
    ...(attempts > 0 ? [`${plural(attempts, 'attempt')} went back to where it was asked for`] : []),
    ...(objects > 0 ? [`${plural(objects, 'object')} had no copy elsewhere in time`] : []),
  ]
  return `; its time was up${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
}

function progress(name: string): (left: Left) => void {
  let before = ''
  return ({ attempts, objects }) => {
    const line = `${name} hands over: ${plural(attempts, 'attempt')} running, ${plural(objects, 'object')} to copy`
    if (line !== before) print(line)
    before = line
  }
}

/** The one that is meant, or a sentence. */
async function choose(observer: Observer, whom: string): Promise<PeerInfo> {
  if (whom.trim() === '') throw new UsageError('drain whom? murmur list peers shows who is there')
  const { members } = await observer.members()
  const all = members.filter((info) => !isObserver(info) && info.kind !== 'unknown')
  const fitting = fittest(all, whom)
  const [only] = fitting
  if (!only) throw new UsageError(`there is no peer ${whom}: there are ${listed(all.filter(isHere))}`)
  if (fitting.length > 1)
    throw new UsageError(`${whom} may be each of ${fitting.map(({ name, id }) => `${name} (${id})`).join(', ')}`)
  if (!isHere(only)) throw new UsageError(`${only.name} ${only.state === 'left' ? 'has left already' : 'is dead'}`)
  return only
}

/** Whole names before beginnings, those that are here before those that were. */
function fittest(all: readonly PeerInfo[], whom: string): PeerInfo[] {
  const whole = all.filter(({ name, id }) => name === whom || id === whom)
  const begun = whole.length > 0 ? whole : all.filter(({ name, id }) => name.startsWith(whom) || id.startsWith(whom))
  const here = begun.filter(isHere)
  return here.length > 0 ? here : begun
}

function isHere({ state }: PeerInfo): boolean {
  return state !== 'dead' && state !== 'left'
}

function listed(peers: readonly PeerInfo[]): string {
  return peers.length === 0 ? 'none' : peers.map(({ name }) => name).join(', ')
}

interface Watch {
  readonly peer: PeerInfo
  readonly withinMs: number
  readonly tell: (left: Left) => void
}

/** Resolves with what it had when it was last asked. */
async function untilLeft(observer: Observer, { peer, withinMs, tell }: Watch): Promise<Left> {
  const { mesh } = observer
  const stop = new AbortController()
  const ended = new Promise<'left' | 'died'>((resolve) => {
    const listen = { signal: stop.signal }
    mesh.addEventListener('peer:left', ({ detail }) => detail.peer === peer.id && resolve('left'), listen)
    mesh.addEventListener('peer:died', ({ detail }) => detail.peer === peer.id && resolve('died'), listen)
  })
  try {
    observer.drain(peer.id, withinMs)
    return await follow(observer, { peer, withinMs, tell }, ended)
  } finally {
    stop.abort()
  }
}

async function follow(observer: Observer, { peer, withinMs, tell }: Watch, ended: Promise<string>): Promise<Left> {
  let left: Left = { attempts: 0, objects: 0 }
  const until = performance.now() + withinMs + wordMs
  while (performance.now() < until) {
    const end = await Promise.race([ended, ask(observer, peer.id)])
    if (end === 'left') return left
    if (end === 'died') throw new MeshError('PEER_DIED', `${peer.name} died while it handed over`)
    if (typeof end === 'object' && end !== null) tell((left = end))
    const isOver = await Promise.race([ended, pause()])
    if (isOver === 'left') return left
  }
  throw new MeshError('GET_TIMEOUT', `${peer.name} is still there ${duration(wordMs)} after its time was up`)
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, askMs))
}

async function ask(observer: Observer, id: string): Promise<Left | null> {
  const rows = await observer.askOne(id, { what: 'counters', id: null, limit: 1 })
  const row = rows?.[0]
  return row ? { attempts: Number(row['attempts']), objects: Number(row['keptForOthers']) } : null
}
