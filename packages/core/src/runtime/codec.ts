// Frames to bytes and back, in msgpack. What comes out of `decodeFrame` is a frame or a sentence
// saying why it is none: nothing that a peer sends throws past here. Tasks of one batch mostly share
// code, context and policy, so these are written once per batch and named by position.

import { Packr } from 'msgpackr'
import type { CodeId, ContextId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { Assignment, Frame, Input, Message } from '../model/messages.ts'
import type { Located } from '../model/object.ts'
import type { Epoch, Outcome, Policy, RefLink, TaskSpec } from '../model/task.ts'
import type { Load } from '../model/world.ts'
import { packGuard, unpackGuard } from './ledger-codec.ts'
import {
  amount,
  array,
  check,
  CodecError,
  name,
  type Packed,
  packPolicy,
  unpackApart,
  unpackShared,
  whole,
} from './packing.ts'
import { packItem, packStream, unpackItem, unpackStream } from './stream-codec.ts'
import * as wire from './wire.ts'

export { CodecError }

const packr = new Packr({
  useRecords: false,
  mapsAsObjects: true,
  copyBuffers: true,
  moreTypes: false,
  structuredClone: false,
})

export function pack(value: unknown): Uint8Array {
  return packr.pack(value)
}

/** Throws CodecError. */
export function unpack(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes)
  } catch (error) {
    throw new CodecError(`not msgpack: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Who speaks to whom is known to the link and not written. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { from, mine, yours, ack, seq, messages, signals, claims, load } = frame
  const packed = messages.map((message) => packMessage(message, from))
  return pack([mine, yours, ack, seq, packed, signals, claims, load && [load.free, load.queued, load.awareness]])
}

function packMessage(message: Message, from: LifeId): unknown {
  if (message.type === 'outcome') return packOutcome(message)
  if (message.type === 'item') return packItem(message)
  if (message.type === 'guard') return packGuard(message)
  return message.type === 'assign' ? packAssign(message, from) : message
}

function packOutcome({ task, attempt, outcome, ms, waitedMs = 0 }: Extract<Message, { type: 'outcome' }>): Packed {
  // By far the most common: a small value without refs.
  if (outcome.type === 'inline' && outcome.refs.length === 0) return ['o', task, attempt, ms, waitedMs, outcome.bytes]
  return ['o', task, attempt, ms, waitedMs, null, outcome]
}

function packAssign({ epoch, attempts }: Extract<Message, { type: 'assign' }>, from: LifeId): Packed {
  const shared = new Map<unknown, number>()
  const table: unknown[] = []
  const share = (value: string | Policy): number => {
    const known = shared.get(value)
    if (known !== undefined) return known
    shared.set(value, table.length)
    return table.push(typeof value === 'string' ? value : packPolicy(value)) - 1
  }
  const rows = attempts.map(({ spec, attempt, inputs, formerly, extra, remake, stream }) => [
    spec.id,
    attempt,
    share(spec.context),
    spec.depth,
    share(spec.code),
    share(spec.fn),
    spec.args,
    spec.refs.length === 0 ? 0 : spec.refs,
    share(spec.policy),
    inputs.length === 0 ? 0 : inputs,
    ...packRest({ formerly, extra, remake, stream, actor: spec.actor, call: spec.call }),
  ])
  return ['a', epoch.number, epoch.by === from ? 0 : epoch.by, table, rows]
}

/** Throws CodecError, nothing else. */
export function decodeFrame(bytes: Uint8Array, from: LifeId, to: LifeId): Frame {
  const parts = unpack(bytes)
  if (!Array.isArray(parts) || parts.length !== 8) throw new CodecError('a frame has eight parts')
  const [mine, yours, ack, seq, messages, signals, claims, load] = parts as unknown[]
  return {
    from,
    to,
    mine: whole(mine, 'mine'),
    yours: whole(yours, 'yours'),
    ack: whole(ack, 'ack'),
    seq: whole(seq, 'seq'),
    messages: array(messages, 'messages').map((message) => unpackMessage(message, from)),
    signals: array(signals, 'signals').map(
      (signal) => check(wire.signal, signal, 'signal') as unknown as Frame['signals'][number],
    ),
    claims: array(claims, 'claims').map(
      (claim) => check(wire.claim, claim, 'claim') as unknown as Frame['claims'][number],
    ),
    load: load === null ? null : unpackLoad(array(load, 'load')),
  }
}

function unpackLoad([free, queued, awareness]: Packed): Load {
  return { free: amount(free, 'free'), queued: amount(queued, 'queued'), awareness: amount(awareness, 'awareness') }
}

function unpackMessage(packed: unknown, from: LifeId): Message {
  if (!Array.isArray(packed)) return check(wire.message, packed, 'message') as unknown as Message
  if (packed[0] === 'o') return unpackOutcome(packed)
  if (packed[0] === 'i') return unpackItem(packed)
  if (packed[0] === 'a') return unpackAssign(packed, from)
  if (packed[0] === 'g') return unpackGuard(packed)
  throw new CodecError('an unknown kind of message')
}

function unpackOutcome(packed: Packed): Message {
  const [, task, attempt, ms, waitedMs, bytes, outcome] = packed
  const full: Outcome =
    bytes instanceof Uint8Array
      ? { type: 'inline', bytes, refs: none }
      : (check(wire.outcome, outcome, 'outcome') as unknown as Outcome)
  return {
    type: 'outcome',
    task: name(task, 'task') as TaskId,
    attempt: whole(attempt, 'attempt'),
    outcome: full,
    ms: amount(ms, 'ms'),
    waitedMs: amount(waitedMs, 'waitedMs'),
  }
}

const none: readonly RefLink[] = []
const noInputs: readonly Input[] = []

function unpackAssign(packed: Packed, from: LifeId): Message {
  const [, number, by, table, rows] = packed
  const shared = array(table, 'shared').map(unpackShared)
  const owner = by === 0 ? from : (check(wire.lifeIdSchema, by, 'epoch.by') as LifeId)
  const epoch: Epoch = { number: whole(number, 'epoch'), by: owner }
  const attempts = array(rows, 'attempts').map((row) => unpackAttempt(array(row, 'attempt'), shared))
  return { type: 'assign', epoch, attempts }
}

type Rest = Pick<Assignment, 'formerly' | 'extra' | 'remake' | 'stream'> & Pick<TaskSpec, 'actor' | 'call'>

/** What is mostly absent stands last, and is left out. */
function packRest({ formerly, extra, remake, stream, actor, call }: Rest): Packed {
  const yields = stream === undefined ? 0 : packStream(stream)
  if (actor !== undefined || call !== undefined)
    return [formerly ?? 0, extra === true, remake ?? 0, yields, actor ?? 0, call ?? 0]
  if (yields !== 0) return [formerly ?? 0, extra === true, remake ?? 0, yields]
  if (remake !== undefined) return [formerly ?? 0, extra === true, remake]
  if (extra === true) return [formerly ?? 0, true]
  return formerly === undefined ? none : [formerly]
}

function unpackAttempt(row: Packed, shared: readonly (string | Policy)[]): Assignment {
  const [id, attempt, context, depth, code, fn, args, refs, policy, inputs, ...rest] = row
  const [formerly, extra, remake, stream, actor, call] = rest
  const named = (at: unknown, what: string): string => {
    const value = shared[whole(at, what)]
    if (typeof value !== 'string') throw new CodecError(`${what} is not in the batch's table`)
    return value
  }
  const options = shared[whole(policy, 'policy')]
  if (typeof options !== 'object') throw new CodecError("policy is not in the batch's table")
  if (!(args instanceof Uint8Array)) throw new CodecError('args are bytes')
  return {
    attempt: whole(attempt, 'attempt'),
    inputs: inputs === 0 ? noInputs : array(inputs, 'inputs').map(unpackInput),
    ...(formerly === undefined || formerly === 0
      ? {}
      : { formerly: check(wire.lives, formerly, 'formerly') as unknown as readonly LifeId[] }),
    spec: {
      id: name(id, 'task') as TaskId,
      context: named(context, 'context') as ContextId,
      depth: whole(depth, 'depth'),
      code: named(code, 'code') as CodeId,
      fn: named(fn, 'fn'),
      args,
      refs: refs === 0 ? none : (check(wire.links, refs, 'refs') as unknown as readonly RefLink[]),
      policy: options,
      ...unpackApart(actor, call),
    },
    ...(extra === true && { extra }),
    ...(stream !== undefined && stream !== 0 && { stream: unpackStream(stream) }),
    ...(remake !== undefined &&
      remake !== 0 && { remake: check(wire.objects, remake, 'remake') as unknown as readonly ObjectId[] }),
  }
}

function unpackInput(value: unknown): Input {
  if (value === null || typeof value !== 'object') throw new CodecError('an input is an object')
  const { object, source, owner, located } = value as Record<string, unknown>
  return {
    object: name(object, 'input.object') as ObjectId,
    source: name(source, 'input.source') as ObjectId,
    owner: check(wire.lifeIdSchema, owner, 'input.owner') as LifeId,
    located: check(wire.located, located, 'input.located') as unknown as Located,
  }
}
