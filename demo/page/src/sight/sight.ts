// What the page knows of the mesh at one moment: plain data for the views, put together from what peers say of
// themselves. Several peers may speak of the same thing; whoever it is about is believed first.

import type { InspectRow } from '@murmuration/core/internal'
import { peerInfo } from '@murmuration/core/internal'
import type { Bar } from './bars.ts'
import type { Line } from './sentences.ts'
import { tintsOf } from './tints.ts'

export interface SeenPeer {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly state: 'alive' | 'hidden' | 'draining' | 'suspect' | 'dead' | 'left'
  readonly slots: number
  readonly free: number | null
  readonly queued: number | null
  readonly sinceMs: number
  readonly how: string
  readonly isSelf: boolean
  readonly hue: number
}

export interface SeenLink {
  readonly a: string
  readonly b: string
}

export interface SeenObject {
  readonly id: string
  readonly state: string
  /** Bytes. */
  readonly size: number
  readonly copies: number
  readonly wanted: number
  /** Names of peers. */
  readonly holders: readonly string[]
}

export interface Sight {
  readonly peers: readonly SeenPeer[]
  readonly links: readonly SeenLink[]
  readonly bars: readonly Bar[]
  readonly objects: readonly SeenObject[]
  readonly lines: readonly Line[]
  /** Tasks that wait or run, as their owners say. */
  readonly pending: number
}

export interface Answer {
  /** The peer's id. */
  readonly from: string
  readonly rows: readonly InspectRow[]
}

/** The dead stay in sight for a while. */
const mournedMs = 30_000
/** The kind of a peer that was gone before anybody here met it: mostly a command that had looked in. */
const nobodyKnows = 'unknown'

/** Everybody that anybody knows of: themselves first, this page's peer for the rest. */
export function peersIn(answers: readonly Answer[], self: string): SeenPeer[] {
  const known = new Map<string, ReturnType<typeof peerInfo>>()
  for (const { from, rows } of [...answers].sort((a, b) => Number(b.from === self) - Number(a.from === self))) {
    for (const row of rows) {
      const info = peerInfo(row, from)
      const before = known.get(info.id)
      if (before === undefined || (info.isSelf && info.id === from && !isOver(before.state))) known.set(info.id, info)
    }
  }
  const shown = [...known.values()].filter(
    ({ state, sinceMs, role, kind }) =>
      role !== 'observer' && (!isOver(state) || (sinceMs < mournedMs && kind !== nobodyKnows)),
  )
  const hues = tintsOf(shown.map(({ id }) => id))
  return shown
    .map((info) => ({ ...info, isSelf: info.id === self, hue: hues.get(info.id) ?? 0 }))
    .sort((a, b) => Number(b.isSelf) - Number(a.isSelf) || a.name.localeCompare(b.name))
}

export function isOver(state: SeenPeer['state']): boolean {
  return state === 'dead' || state === 'left'
}

/** A link stands when one of its ends says so. */
export function linksIn(answers: readonly Answer[], peers: readonly SeenPeer[]): SeenLink[] {
  const here = new Set(peers.filter(({ state }) => !isOver(state)).map(({ id }) => id))
  const found = new Map<string, SeenLink>()
  for (const { from, rows } of answers) {
    for (const { peer, linked } of rows) {
      if (linked !== true || !here.has(from) || !here.has(String(peer)) || peer === from) continue
      const [a = '', b = ''] = [from, String(peer)].sort()
      found.set(`${a} ${b}`, { a, b })
    }
  }
  return [...found.values()]
}

/** What owners say of their objects, the largest first. */
export function objectsIn(answers: readonly Answer[]): SeenObject[] {
  const found = new Map<string, SeenObject>()
  for (const { rows } of answers) {
    for (const { object, state, size, copies, wanted, holders, owner } of rows) {
      if (owner !== true || Number(copies) === 0) continue
      const names = String(holders).split(' ').filter(Boolean)
      found.set(String(object), {
        id: String(object),
        state: String(state),
        size: Number(size),
        copies: Number(copies),
        wanted: Number(wanted),
        holders: names,
      })
    }
  }
  return [...found.values()].sort((a, b) => b.size - a.size || (a.id < b.id ? -1 : 1))
}
