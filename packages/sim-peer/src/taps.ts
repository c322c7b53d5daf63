// Where the simulator listens in: calls on a peer's tables that say more than its effects do. Nothing
// is changed by it.

import type { Custody } from './custody.ts'
import type { Durability } from './durability.ts'
import type { SimPeer } from './peer.ts'
import type { Witness } from './witness.ts'

export interface Listeners {
  readonly witness: Witness
  readonly custody: Custody
  readonly durability: Durability
}

// oxlint-disable-next-line typescript/no-explicit-any -- any method will do
type Method = (...args: any[]) => unknown
type Methods<T> = { [K in keyof T]: T[K] extends Method ? K : never }[keyof T]

/** Calls `heard` with the arguments of each call of that method, before or after it. */
function tap<T extends object, K extends Methods<T>>(
  table: T,
  method: K,
  when: 'before' | 'after',
  heard: (...args: Parameters<Extract<T[K], Method>>) => void,
): void {
  const call = (table[method] as Method).bind(table)
  const tapped = (...args: Parameters<Extract<T[K], Method>>): unknown => {
    if (when === 'before') heard(...args)
    const result = call(...args)
    if (when === 'after') heard(...args)
    return result
  }
  table[method] = tapped as T[K]
}

export function overhear(peer: SimPeer, { witness, custody, durability }: Listeners): void {
  const { tasks, holds, holdings, directory, scheduler } = peer.state
  tap(tasks, 'add', 'after', (spec) => witness.added(peer, spec))
  tap(tasks, 'settled', 'before', (row) => {
    witness.settles(peer, row)
    custody.settles(peer, row)
  })
  tap(tasks, 'edited', 'after', ({ spec }) => witness.edited(spec))
  tap(tasks, 'assigned', 'after', (row, to) => {
    witness.gave(peer, row, to)
    peer.given.push({ row, to })
  })
  tap(tasks, 'hedge', 'after', (row, to) => {
    witness.gave(peer, { ...row, attempt: row.numbered }, to)
    peer.given.push({ row, to })
  })
  tap(scheduler, 'granted', 'after', (life, said) => {
    const credits = Math.max(0, Math.min(peer.state.config.maxCredits, Math.floor(said) || 0))
    // What a peer grants itself counts from its next turn: work was given out before.
    if (life === peer.life) peer.ownGrant = credits
    else peer.told.set(life, credits)
  })
  tap(scheduler, 'voided', 'after', (life) => peer.told.delete(life))
  tap(scheduler, 'ended', 'after', (life) => peer.told.delete(life))
  tap(holds, 'asked', 'after', ({ object, owner }) => peer.asked.set(object, owner))
  tap(holds, 'borrowed', 'after', (object, _owner, by) => custody.borrowed(peer, object, by))
  tap(holds, 'released', 'before', (object, by) => custody.released(peer, object, by))
  tap(holdings, 'keep', 'before', (bytes) => durability.kept(peer, bytes))
  tap(directory, 'add', 'after', (object) => custody.entered(peer.life, object))
  tap(directory, 'addHolder', 'after', (row) => durability.added(peer, row))
  tap(directory, 'holderDied', 'before', (life) => durability.dies(life))
  tap(directory, 'holderDied', 'after', () => durability.died())
  tap(directory, 'removeHolder', 'before', (row, life) => durability.removed(peer, row, life))
  tap(directory, 'strike', 'before', (row, life) => durability.strikes(peer, row, life))
  tap(directory, 'strike', 'after', (row) => durability.struck(peer, row))
  tap(directory, 'reopen', 'before', (row) => durability.ends(peer, row))
  tap(directory, 'failed', 'before', (row) => durability.ends(peer, row))
  tap(directory, 'remove', 'after', (object) => {
    durability.forgotten(peer, object)
    peer.freed.push(object)
  })
}
