// The names of things. Every id is a branded string, so that a task's id cannot be passed for an
// object's. A life is written `peer/number`: one string that keys every table, so that news of a
// later life can never be mistaken for news of this one. Ids of work are derived, not drawn: the
// shell hashes them (runtime/digest.ts), the machine only compares them.

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** libp2p's peer id: the hash of an Ed25519 key, kept on disk. */
export type PeerId = Brand<string, 'PeerId'>
/** One process's time under a PeerId: `peer/number`. */
export type LifeId = Brand<string, 'LifeId'>
/** What submits work: a job or a running task (then equal to the task's id). */
export type ContextId = Brand<string, 'ContextId'>
export type TaskId = Brand<string, 'TaskId'>
/** The task's for a result, a hash for a `put`, `code:hash` for a bundle. */
export type ObjectId = Brand<string, 'ObjectId'>
/** SHA-256 of a bundle, in hex. */
export type CodeId = Brand<string, 'CodeId'>
/** `task#n`: the n-th try at a task. */
export type AttemptId = Brand<string, 'AttemptId'>
/** Milliseconds on one peer's monotonic clock. Branded, so that a duration is not passed for a time. */
export type Instant = Brand<number, 'Instant'>

export function lifeId(peer: PeerId, life: number): LifeId {
  return `${peer}/${life}` as LifeId
}

/** `peer/number`, with one way to write each number: `x/02` would be another key than `x/2`. */
export const lifePattern = /^[^/|]+\/(0|[1-9]\d{0,14})$/

export function peerOf(life: LifeId): PeerId {
  return life.slice(0, life.lastIndexOf('/')) as PeerId
}

export function lifeNumberOf(life: LifeId): number {
  return Number(life.slice(life.lastIndexOf('/') + 1))
}

export function attemptId(task: TaskId, attempt: number): AttemptId {
  return `${task}#${attempt}` as AttemptId
}

/** The object that a task's result becomes: it carries the task's id, so no id is made and hashed twice. */
export function resultOf(task: TaskId): ObjectId {
  return task as string as ObjectId
}

/** The object that the n-th item of a stream becomes, counted from 0. */
export function itemOf(task: TaskId, index: number): ObjectId {
  return `${task}[${index}]` as ObjectId
}

/** Which item of which stream that is; null for whatever is none. */
export function itemIn(object: ObjectId): { readonly task: TaskId; readonly index: number } | null {
  // Most objects are results of tasks: told by their last character.
  if (object.charCodeAt(object.length - 1) !== closingBracket) return null
  const at = object.lastIndexOf('[')
  const index = Number(object.slice(at + 1, -1))
  return at > 0 && Number.isSafeInteger(index) && index >= 0 ? { task: object.slice(0, at) as TaskId, index } : null
}

const closingBracket = 93

/** The n-th time that a task is asked for, of somebody else each time. */
export function ballotOf(task: TaskId, nth: number): TaskId {
  return `${task}~${nth}` as TaskId
}

export function isBallot(task: TaskId): boolean {
  return /~\d+$/.test(task)
}

/** The task that says whether two ballots have the same result. */
export function comparisonOf(ballot: TaskId, other: TaskId): TaskId {
  return `${ballot}=${other.slice(other.lastIndexOf('~') + 1)}` as TaskId
}

/** A bundle is kept, fetched and verified like any other object. */
export function codeObject(code: CodeId): ObjectId {
  return `code:${code}` as ObjectId
}

/** A file that came with a bundle, by the hash of its bytes. */
export function assetObject(sha256: string): ObjectId {
  return `asset:${sha256}` as ObjectId
}

/** Null for whatever is no bundle. */
export function codeOf(object: ObjectId): CodeId | null {
  return object.startsWith('code:') ? (object.slice(5) as CodeId) : null
}

export function after(now: Instant, ms: number): Instant {
  return (now + ms) as Instant
}

/** Later than any time: "no deadline". */
export const never: Instant = Number.POSITIVE_INFINITY as Instant
