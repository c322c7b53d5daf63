// What flows leave for each other within a turn. They do not call each other: they leave word here, and the
// turn goes round until nothing is left (flows/handle.ts says in which order).

import Denque from 'denque'
import type { AttemptId, ContextId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { Located } from '../model/object.ts'
import type { Outcome } from '../model/task.ts'
import type { RunRow } from './runs.ts'

/** Why an attempt ended without a value, and what that costs. */
export interface Requeue {
  readonly task: TaskId
  readonly attempt: number
  /** `retry` costs a retry; `move` and `none` a free move as long as there are any, `none` without waiting; `nothing` neither. */
  readonly charge: 'retry' | 'move' | 'none' | 'nothing'
  readonly code: 'WORKER_DIED' | 'PEER_DIED' | 'TASK_FAILED' | 'TASK_TIMEOUT' | 'OVERLOADED' | 'OBJECT_LOST'
  readonly reason: string
  /** The application's error, when it is retried for its own sake. */
  readonly cause: Uint8Array | null
  /** It was running on a peer that died abruptly. */
  readonly killed: boolean
  readonly peer: string | null
  /** Where it is. */
  readonly to?: LifeId | undefined
}

/** What a task settles as; `holder` has its bytes when they are stored. */
export interface Conclusion {
  readonly task: TaskId
  readonly result: Located
  readonly holder: LifeId | null
}

export interface Agenda {
  /** `known`: it was thought dead before, and now is for certain. */
  readonly ended: Denque<{ life: LifeId; left: boolean; how: string; slots: number; known: boolean }>
  readonly requeue: Denque<Requeue>
  readonly conclude: Denque<Conclusion>
  readonly lost: Denque<{ object: ObjectId; reason: string }>
  readonly settled: Denque<ObjectId>
  readonly loose: Denque<ObjectId>
  /** Lives that were thought over and speak again. */
  readonly revived: Denque<LifeId>
  /** Lives that are on their way out. */
  readonly retiring: Denque<LifeId>
  /** Lives that others hear and that are out of our reach. */
  readonly apart: Denque<LifeId>
  /** Lives that somebody named and of whom nothing was heard yet. */
  readonly strangers: Denque<LifeId>
  /** Objects that are held here and whose owner is gone. */
  readonly orphans: Denque<ObjectId>
  /** Jobs for which everybody has told what they had. */
  readonly claimed: Denque<ContextId>
  /** Attempts here that end before they are done, without a word from their worker. */
  readonly evicted: Denque<{ run: AttemptId; outcome: Outcome }>
  /** Attempts at being an actor that have ended. */
  readonly unhosted: Denque<RunRow>
  /** Actors that are to have a name. */
  readonly naming: Denque<TaskId>
  /** Tasks with votes of which something came. */
  readonly polled: Denque<TaskId>
}

export function createAgenda(): Agenda {
  return {
    ended: new Denque(),
    requeue: new Denque(),
    conclude: new Denque(),
    lost: new Denque(),
    settled: new Denque(),
    loose: new Denque(),
    revived: new Denque(),
    retiring: new Denque(),
    apart: new Denque(),
    strangers: new Denque(),
    orphans: new Denque(),
    claimed: new Denque(),
    evicted: new Denque(),
    unhosted: new Denque(),
    naming: new Denque(),
    polled: new Denque(),
  }
}
