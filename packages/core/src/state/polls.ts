// Votes that are being taken: a task that is to be computed by several peers that do not trust each other, each of which gets it
// as a task of its own, a ballot. Who gave which result, which results are the same, and how often a peer was found to
// differ from the majority. What is decided from it is flows/vote's.

import type { PeerId, TaskId } from '../model/ids.ts'
import { ballotOf, peerOf } from '../model/ids.ts'
import type { LifeId } from '../model/ids.ts'
import type { Failure, Located } from '../model/object.ts'

export interface Ballot {
  readonly id: TaskId
  /** Who has answered it last. */
  voter: PeerId | null
  state: 'out' | 'in' | 'void'
  /** What it says; null as long as it is out. */
  said: Located | null
  /** Those of whom a comparison has said that they differ from it. */
  readonly unlike: Set<Party>
}

/** Ballots that say the same. */
export interface Party {
  readonly ballots: Ballot[]
}

export interface Poll {
  readonly task: TaskId
  readonly ballots: Ballot[]
  readonly parties: Party[]
  /** A task that says whether a ballot is of a party. */
  comparing: { readonly task: TaskId; readonly ballot: Ballot; readonly party: Party } | null
  /** All were told to stop. */
  isStopped: boolean
}

/** Peers whose dissent is remembered, at most. */
const keptMost = 1_024

export class Polls {
  readonly #polls = new Map<TaskId, Poll>()
  readonly #ballots = new Map<TaskId, Poll>()
  readonly #dissents = new Map<PeerId, number>()

  get size(): number {
    return this.#polls.size
  }

  get(task: TaskId): Poll | undefined {
    return this.#polls.get(task)
  }

  /** The poll that a ballot is of. */
  of(ballot: TaskId): Poll | undefined {
    return this.#ballots.get(ballot)
  }

  open(task: TaskId): Poll {
    const poll: Poll = { task, ballots: [], parties: [], comparing: null, isStopped: false }
    this.#polls.set(task, poll)
    return poll
  }

  add(poll: Poll, nth: number): Ballot {
    const id = ballotOf(poll.task, nth)
    const ballot: Ballot = { id, voter: null, state: 'out', said: null, unlike: new Set() }
    poll.ballots.push(ballot)
    this.#ballots.set(id, poll)
    return ballot
  }

  /** An attempt at a task ended there. */
  heard(task: TaskId, from: LifeId): void {
    const ballot = this.#ballots.get(task)?.ballots.find(({ id }) => id === task)
    if (ballot) ballot.voter = peerOf(from)
  }

  close({ task, ballots }: Poll): void {
    this.#polls.delete(task)
    for (const { id } of ballots) this.#ballots.delete(id)
  }

  dissented(peer: PeerId): number {
    const count = this.dissents(peer) + 1
    this.#dissents.delete(peer)
    this.#dissents.set(peer, count)
    if (this.#dissents.size > keptMost) this.#dissents.delete([...this.#dissents.keys()][0] as PeerId)
    return count
  }

  /** How often it was in the minority. */
  dissents(peer: PeerId): number {
    return this.#dissents.get(peer) ?? 0
  }
}

/** In which party a ballot is. */
export function partyOf({ parties }: Poll, ballot: Ballot): Party | undefined {
  return parties.find(({ ballots }) => ballots.includes(ballot))
}

/** Why a ballot counts for nothing: what went wrong was not its function's doing. */
export function isVoid({ said }: Ballot): Failure | null {
  return said?.type === 'failure' && said.failure.code !== 'TASK_FAILED' ? said.failure : null
}
