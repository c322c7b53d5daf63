// Ledger messages to positional arrays and back: with a named job there is a row for every task, and most
// are a small value that nobody will make again. What the tasks of one batch share is written once, and so is the
// task inside which many things were put.

import type { CodeId, ContextId, LifeId, ObjectId, TaskId } from '../model/ids.ts'
import type { JobHead, LedgerRow } from '../model/ledger.ts'
import type { Message } from '../model/messages.ts'
import type { Located } from '../model/object.ts'
import type { Policy, RefLink, TaskSpec } from '../model/task.ts'
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
import * as wire from './wire.ts'

type GuardMessage = Extract<Message, { type: 'guard' }>

/** Gives what many rows share a number. */
class Table {
  readonly entries: unknown[] = []
  readonly makers: Packed[] = []
  readonly #known = new Map<unknown, number>()
  readonly #made = new Map<TaskId, number>()

  add(value: string | Policy): number {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    this.#known.set(value, this.entries.length)
    return this.entries.push(typeof value === 'string' ? value : packPolicy(value)) - 1
  }

  /** Which of them, counted from 1. */
  maker(spec: TaskSpec): number {
    const known = this.#made.get(spec.id)
    if (known !== undefined) return known
    const nth = this.makers.push([spec.id, ...packSpec(spec, this)])
    this.#made.set(spec.id, nth)
    return nth
  }
}

export function packGuard({ nth, begin, more, rows, gone, jobs }: GuardMessage): Packed {
  const table = new Table()
  const packed = rows.map((row) => packRow(row, table))
  return ['g', nth, begin, more, table.entries, packed, gone, jobs, table.makers]
}

function packRow(row: LedgerRow, table: Table): Packed {
  const { object, task, context, spec, copies, attempt, at, faded, located } = row
  const head = [object, task === null ? 0 : 1, context === null ? -1 : table.add(context), copies, attempt]
  // By far the most common: a small value, done with.
  if (located?.type === 'inline' && located.refs.length === 0 && spec === null) return [...head, located.bytes]
  const made = spec === null ? 0 : task === null ? table.maker(spec) : packSpec(spec, table)
  return [...head, at ?? 0, faded, located ?? 0, made]
}

function packSpec({ context, depth, code, fn, args, refs, policy, actor, call }: TaskSpec, table: Table): Packed {
  const shared = [table.add(context), table.add(code), table.add(fn), table.add(policy)]
  const apart = actor === undefined && call === undefined ? [] : [actor ?? 0, call ?? 0]
  return [...shared, depth, args, refs.length === 0 ? 0 : refs, ...apart]
}

/** Throws CodecError. */
export function unpackGuard(packed: Packed): GuardMessage {
  const [, nth, begin, more, table, rows, gone, jobs, tasks] = packed
  const shared = array(table, 'shared').map(unpackShared)
  const makers = array(tasks, 'makers').map((maker) => unpackMaker(array(maker, 'maker'), shared))
  return {
    type: 'guard',
    nth: whole(nth, 'nth'),
    begin: begin === true,
    more: more === true,
    rows: array(rows, 'rows').map((row) => unpackRow(array(row, 'row'), shared, makers)),
    gone: array(gone, 'gone').map((object) => name(object, 'gone') as ObjectId),
    jobs: check(wire.jobs, jobs, 'jobs') as unknown as readonly JobHead[],
  }
}

type Shared = readonly (string | Policy)[]

function unpackMaker([id, ...spec]: Packed, shared: Shared): TaskSpec {
  return unpackSpec(name(id, 'maker.id') as TaskId, spec, shared)
}

function unpackRow(row: Packed, shared: Shared, makers: readonly TaskSpec[]): LedgerRow {
  const [object, isTask, context, copies, attempt, at, faded, located, spec] = row
  const id = name(object, 'row.object')
  const task = isTask === 1 ? (id as TaskId) : null
  const base = {
    object: id as ObjectId,
    task,
    context: context === -1 ? null : (text(shared, context) as ContextId),
    copies: whole(copies, 'row.copies'),
    attempt: whole(attempt, 'row.attempt'),
  }
  if (at instanceof Uint8Array)
    return { ...base, spec: null, at: null, faded: false, located: { type: 'inline', bytes: at, refs: [] } }
  return {
    ...base,
    at: at === 0 ? null : (check(wire.lifeIdSchema, at, 'row.at') as LifeId),
    faded: faded === true,
    located: located === 0 ? null : (check(wire.located, located, 'row.located') as unknown as Located),
    spec: spec === 0 ? null : task === null ? makerAt(spec, makers) : unpackSpec(task, array(spec, 'row.spec'), shared),
  }
}

function makerAt(nth: unknown, makers: readonly TaskSpec[]): TaskSpec {
  const spec = makers[whole(nth, 'row.spec') - 1]
  if (!spec) throw new CodecError("the task of a put is not in the batch's list")
  return spec
}

function unpackSpec(id: TaskId, packed: Packed, shared: Shared): TaskSpec {
  const [context, code, fn, policy, depth, args, refs, actor, call] = packed
  const options = shared[whole(policy, 'policy')]
  if (typeof options !== 'object') throw new CodecError("policy is not in the batch's table")
  if (!(args instanceof Uint8Array)) throw new CodecError('args are bytes')
  return {
    id,
    context: text(shared, context) as ContextId,
    depth: amount(depth, 'depth'),
    code: text(shared, code) as CodeId,
    fn: text(shared, fn),
    args,
    refs: refs === 0 ? [] : (check(wire.links, refs, 'refs') as unknown as readonly RefLink[]),
    policy: options,
    ...unpackApart(actor, call),
  }
}

function text(shared: Shared, at: unknown): string {
  const value = shared[whole(at, 'shared')]
  if (typeof value !== 'string') throw new CodecError("a text is not in the batch's table")
  return value
}
