// Whom a fault is meant for, when that is not a name: the owner of what somebody waits for, the holder
// of a last copy but one, anybody who lives. An aim finds its peer in the moment of the stroke, by a
// number between 0 and 1 that was drawn before; with the peers that it found named instead, the same
// run is had again.

import type { PeerId } from '@murmuration/core/internal'
import { peerOf } from '@murmuration/core/internal'
import type { SimPeer } from './peer.ts'
import { plenty } from './settings.ts'
import type { SimWorld } from './world.ts'

export interface Aim {
  /** The first of these that fits anybody. */
  readonly of: readonly AimName[]
  readonly pick: number
}

/** A peer by name, or whoever fits when the time has come. */
export type Whom = string | Aim

type Candidates = (world: SimWorld) => Iterable<PeerId>

const aims = {
  /** May be harmed for good: all but the first, whose answers are asked for. */
  victim: (world) => victims(world).map(({ peer }) => peer),
  waking: (world) => named(awake(world)),
  dead: (world) => named(world.peers().filter((peer) => !peer.alive)),
  /** It may be asked to run a program. */
  host: (world) => hosts(world),
  /** And may be harmed for good. */
  guest: (world) => onlyVictims(world, hosts(world)),
  /** Others work for it. */
  employer: (world) => named(awake(world).filter(hasWorkOut)),
  working: (world) => named(awake(world).filter(({ workers }) => workers.busy().length > 0)),
  /** Others wait for what it answers for. */
  owner: (world) => onlyVictims(world, eachWanted(world)),
  /** One of two who have an object's bytes. */
  holder: (world) => onlyVictims(world, eachHolder(world, 2)),
  /** The only one. */
  keeper: (world) => onlyVictims(world, eachHolder(world, 1)),
  /** It keeps somebody's ledger. */
  guardian: (world) => onlyVictims(world, eachGuardian(world)),
  /** A task there waits for its children. */
  parent: (world) => named(victims(world).filter(isParent)),
} satisfies Record<string, Candidates>

export type AimName = keyof typeof aims

export function isAim(value: unknown): value is Aim {
  return typeof value === 'object' && value !== null && 'of' in value && 'pick' in value
}

/** Null when nobody else is like that now. */
function find(world: SimWorld, { of, pick }: Aim, others: readonly PeerId[]): PeerId | null {
  for (const name of of) {
    const found = [...new Set<PeerId>(aims[name](world))].filter((peer) => !others.includes(peer))
    if (found.length > 0) return found[Math.floor(pick * found.length)] as PeerId
  }
  return null
}

/** With everybody that it is aimed at found. */
export type Aimed<T> = { readonly [Name in keyof T]: Aim extends T[Name] ? Exclude<T[Name], Aim> : T[Name] }

/** The aims in there give way to names; null when one of them fits nobody. */
export function aimed<T extends object>(world: SimWorld, fault: T): Aimed<T> | null {
  const names: Record<string, PeerId> = {}
  for (const [key, value] of Object.entries(fault)) {
    if (!isAim(value)) continue
    const name = find(world, value, Object.values(names))
    if (name === null) return null
    names[key] = name
  }
  return { ...fault, ...names } as Aimed<T>
}

function named(peers: readonly SimPeer[]): PeerId[] {
  return peers.map(({ peer }) => peer)
}

function victims(world: SimWorld): SimPeer[] {
  const [home] = world.seats.keys()
  return world.alive().filter(({ peer }) => peer !== home)
}

function awake(world: SimWorld): SimPeer[] {
  return world.alive().filter((peer) => !peer.frozen)
}

function onlyVictims(world: SimWorld, names: Iterable<PeerId>): PeerId[] {
  const harmed = new Set(named(victims(world)))
  return [...names].filter((name) => harmed.has(name))
}

function hosts(world: SimWorld): PeerId[] {
  return named(world.alive().filter(({ store, state }) => store.limitBytes >= plenty && !state.leaving))
}

function hasWorkOut({ state, life }: SimPeer): boolean {
  for (const { at } of state.tasks.all()) if (at !== null && at !== life) return true
  return false
}

function isParent({ state }: SimPeer): boolean {
  for (const row of state.executor.all()) if (row.state === 'blocked') return true
  return false
}

function* eachWanted(world: SimWorld): Iterable<PeerId> {
  for (const { state } of world.alive()) {
    for (const { owner } of state.elsewhere.unanswered()) yield peerOf(owner)
    for (const { owner } of state.watches.all()) if (owner !== state.self) yield peerOf(owner)
  }
}

function* eachHolder(world: SimWorld, count: number): Iterable<PeerId> {
  for (const { state } of world.alive())
    for (const { holders } of state.directory.all())
      if (holders.size === count) for (const life of holders) yield peerOf(life)
}

function* eachGuardian(world: SimWorld): Iterable<PeerId> {
  for (const { state } of world.alive()) for (const { life } of state.ledger.guardians()) yield peerOf(life)
}
