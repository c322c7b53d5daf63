// What is known of an object: where its bytes are, or why there are none. An object never changes;
// what changes is who holds it, and that is the owner's directory's affair.

import type { LifeId, ObjectId, TaskId } from './ids.ts'
import type { RefLink } from './task.ts'

/** The public codes that end a piece of work. See errors.ts for the whole list. */
export type FailureCode =
  | 'TASK_FAILED'
  | 'TASK_CANCELLED'
  | 'TASK_TIMEOUT'
  | 'WORKER_DIED'
  | 'PEER_DIED'
  | 'ARGUMENT_FAILED'
  | 'ARGUMENT_MUTATED'
  | 'OBJECT_LOST'
  | 'UNPLACEABLE'
  | 'NO_MAJORITY'
  | 'OVERLOADED'
  | 'CODE_REJECTED'
  | 'UNKNOWN_EXPORT'
  | 'FORBIDDEN'
  | 'MESH_LEFT'
  | 'ACTOR_DIED'
  | 'ACTOR_UNAVAILABLE'
  | 'NAME_TAKEN'
  | 'INTERNAL'

/** A failure as it travels: data from which the shell makes a MeshError. */
export interface Failure {
  readonly code: FailureCode
  readonly reason: string
  readonly message: string
  readonly task: TaskId | null
  /** The peer where it happened, by name when known. */
  readonly peer: string | null
  readonly attempt: number
  /** The encoded application error, for TASK_FAILED. */
  readonly cause: Uint8Array | null
  /** What happened when, oldest first. */
  readonly story: readonly string[]
}

export interface StoredAt {
  readonly type: 'stored'
  readonly size: number
  readonly hash: string
  readonly holders: readonly LifeId[]
  readonly refs: readonly RefLink[]
}

/** What an owner says of a settled object. */
export type Located =
  | { readonly type: 'inline'; readonly bytes: Uint8Array; readonly refs: readonly RefLink[] }
  | StoredAt
  | { readonly type: 'failure'; readonly failure: Failure }
  /** The task returned a ref: its value is that object's. */
  | { readonly type: 'alias'; readonly link: RefLink }

/** The refs inside a value, and what an alias stands for. */
export function linksIn(located: Located): readonly RefLink[] {
  if (located.type === 'alias') return [located.link]
  return located.type === 'failure' ? [] : located.refs
}

/** Bytes on a disk, and what the label on them says: it outlives the process that wrote it. */
export interface FoundNote {
  readonly object: ObjectId
  readonly size: number
  readonly hash: string
  /** Who counted on them when they were written. */
  readonly owners: readonly LifeId[]
}

/** What came of a transfer. `absent` lists who said they have no such bytes. */
export type Fetched =
  | { readonly type: 'here'; readonly size: number; readonly hash: string }
  | {
      readonly type: 'failed'
      readonly absent: readonly LifeId[]
      readonly corrupt: readonly LifeId[]
      /** Set when there is no room for the bytes here. */
      readonly full: boolean
    }
