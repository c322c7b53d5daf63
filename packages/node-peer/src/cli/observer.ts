// A peer that joins to ask and leaves again: it runs and keeps nothing. Everybody is asked at once; who
// does not answer in time is named rather than waited for.

import { assertMember, contextOf, createScope, peerInfo, peerOf } from '@murmuration/core/internal'
import type {
  CodePort,
  InspectRow,
  LifeId,
  Mesh,
  OpenScope,
  Peer,
  PeerId,
  PeerInfo,
  Query,
} from '@murmuration/core/internal'
import { meshOf } from '../mesh-of.ts'
import { joinPeer } from '../join-peer.ts'
import { entriesIn } from './arguments.ts'
import type { Common } from './arguments.ts'

/** Where nobody listens it ends at once: this long is waited for those that are busy. */
const joinMs = 15_000
const answerMs = 3_000

export interface Answer {
  readonly from: string
  readonly life: LifeId
  readonly name: string
  readonly rows: readonly InspectRow[]
}

export interface Answers {
  readonly answers: readonly Answer[]
  /** Names of those who did not answer. */
  readonly silent: readonly string[]
}

/** What somebody else answers for, as a ref: a program that only looks borrows it. */
export type RefTo = OpenScope['refTo']

export interface Observer {
  readonly mesh: Mesh
  readonly refTo: RefTo
  /** Ends that named job at every peer, which have heard of it before anything that is asked afterwards. */
  endJob(name: string, reason: string): void
  ask(query: Query): Promise<Answers>
  /** What one peer, by its id, answers; null: nothing, in time. */
  askOne(id: string, query: Query): Promise<readonly InspectRow[] | null>
  /** Has it hand over and leave. */
  drain(id: string, withinMs: number): void
  /** Everybody that anybody knows of, whoever knows best. */
  members(): Promise<{ members: readonly PeerInfo[]; silent: readonly string[] }>
}

export interface ObserveWays extends Common {
  /** Bytes that may be read here. Default: a few MB. */
  readonly memoryBytes?: number | undefined
}

/** Joins, looks, leaves; whatever happens in between. */
export async function observe<T>(ways: ObserveWays, look: (observer: Observer) => Promise<T>): Promise<T> {
  const { home, memoryBytes } = ways
  const joined = await joinPeer(
    { entry: entriesIn(ways), home, memoryBytes, timeoutMs: joinMs },
    { observe: true, say: () => {} },
  )
  const mesh = meshOf(joined)
  try {
    return await look(observerOf(joined.peer, mesh))
  } finally {
    await mesh.leave()
  }
}

async function askOne(peer: Peer, id: string, query: Query): Promise<readonly InspectRow[] | null> {
  const member = peer.state.members.get(id as PeerId)
  return member ? inTime(peer.inspect(member.life, query)) : null
}

function observerOf(peer: Peer, mesh: Mesh): Observer {
  const port = peer.openContext(peer.freshContext())
  const { refTo } = createScope({ port, code: noCode })
  return {
    mesh,
    refTo,
    endJob: (name, reason) => {
      assertMember(peer.admission.role, 'stop jobs')
      peer.post({ type: 'end-job', context: contextOf(name, port.sha256), reason })
    },
    ask: (query) => askAll(peer, query),
    askOne: (id, query) => askOne(peer, id, query),
    drain: (id, withinMs) => {
      assertMember(peer.admission.role, 'send peers away')
      const member = peer.state.members.get(id as PeerId)
      if (member) peer.post({ type: 'drain', peer: member.life, withinMs })
    },
    members: () => members(peer),
  }
}

/** Whoever looks calls nothing. */
const noCode: CodePort = {
  use: () => Promise.reject(new Error('whoever looks bundles nothing')),
  fn: () => {
    throw new Error('whoever looks calls nothing')
  },
}

async function askAll(peer: Peer, query: Query): Promise<Answers> {
  const others = peer.state.members.others().filter(({ profile }) => profile?.role !== 'observer')
  const answers: Answer[] = []
  const silent: string[] = []
  await Promise.all(
    others.map(async ({ peer: id, life }) => {
      const name = peer.state.members.nameOf(id)
      const rows = await inTime(peer.inspect(life, query))
      if (rows === null) silent.push(name)
      else answers.push({ from: id, life, name, rows })
    }),
  )
  return { answers: answers.sort((a, b) => a.name.localeCompare(b.name)), silent: silent.sort() }
}

/** Null when there is no answer in time. */
function inTime<T>(answer: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), answerMs)
    const end = (value: T | null): void => {
      clearTimeout(timer)
      resolve(value)
    }
    answer.then(end, () => end(null))
  })
}

async function members(peer: Peer): Promise<{ members: readonly PeerInfo[]; silent: readonly string[] }> {
  const { answers, silent } = await askAll(peer, { what: 'members', id: null, limit: 10_000 })
  const self = peerOf(peer.self)
  const known = new Map<string, PeerInfo>()
  for (const { from, rows } of answers) {
    for (const info of rows.map((row) => peerInfo(row, from))) {
      const before = known.get(info.id)
      if (info.id !== self && (!before || knowsBetter(info, before))) known.set(info.id, info)
    }
  }
  const order = (info: PeerInfo): number => states.indexOf(info.state)
  const sorted = [...known.values()].sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name))
  return { members: sorted, silent }
}

const states: readonly PeerInfo['state'][] = ['alive', 'hidden', 'draining', 'suspect', 'dead', 'left']

/** A peer knows itself best; of the others, who knows its name, then who says worst, then who said so first. */
function knowsBetter(info: PeerInfo, before: PeerInfo): boolean {
  if (info.isSelf !== before.isSelf) return info.isSelf
  const isNamed = (one: PeerInfo): boolean => one.kind !== 'unknown'
  if (isNamed(info) !== isNamed(before)) return isNamed(info)
  if (info.state !== before.state) return states.indexOf(info.state) > states.indexOf(before.state)
  return info.sinceMs > before.sinceMs
}

/** Came only to look: it runs and keeps nothing, and lists leave it out. */
export function isObserver({ role }: Pick<PeerInfo, 'role'>): boolean {
  return role === 'observer'
}

/** A line that names who did not answer, or nothing. */
export function footnote(silent: readonly string[]): string {
  if (silent.length === 0) return ''
  return `\nno answer within ${answerMs / 1_000} s from ${silent.join(', ')}: what only ${silent.length === 1 ? 'it knows' : 'they know'} is missing here`
}
