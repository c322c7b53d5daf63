// About how many bytes a message is on the wire: what decides how many go into one frame. Only what
// can be large is counted; the rest is a round number.

import type { LedgerRow } from './ledger.ts'
import type { Message } from './messages.ts'
import type { Located } from './object.ts'
import type { Policy, TaskSpec } from './task.ts'

const baseBytes = 256
const linkBytes = 160

export function weigh(message: Message): number {
  return baseBytes + weighBody(message)
}

function weighBody(message: Message): number {
  if (message.type === 'assign') return message.attempts.reduce((sum, attempt) => sum + weighAttempt(attempt), 0)
  if (message.type === 'located' || message.type === 'compare' || message.type === 'remade')
    return weighLocated(message.located)
  if (message.type === 'inspected') return message.rows.length * 512
  if (message.type === 'announce') return weighAnnounce(message)
  if (message.type === 'guard' || message.type === 'claimed')
    return message.rows.reduce((sum, row) => sum + weighRow(row), 0)
  if (message.type === 'found')
    return message.objects.reduce((sum, { owners }) => sum + (1 + owners.length) * linkBytes, 0)
  if (message.type !== 'outcome' && message.type !== 'item') return 0
  const outcome = message.type === 'item' ? message.item : message.outcome
  const bytes = outcome.type === 'inline' || outcome.type === 'error' ? outcome.bytes.length : 0
  return bytes + ('refs' in outcome ? outcome.refs.length * linkBytes : 0)
}

function weighAnnounce(message: Extract<Message, { type: 'announce' }>): number {
  const { attempts, borrows, holdings, coming, undelivered } = message
  return (attempts.length + borrows.length + holdings.length + coming.length + undelivered.length) * linkBytes
}

/** One assignment: the smallest thing that cannot be split. */
export function weighAttempt({ spec, inputs }: Extract<Message, { type: 'assign' }>['attempts'][number]): number {
  let bytes = baseBytes + weighSpec(spec)
  for (const { located } of inputs) bytes += linkBytes + weighLocated(located)
  return bytes
}

function weighSpec({ args, refs, policy }: TaskSpec): number {
  return args.length + refs.length * linkBytes + weighPolicy(policy)
}

/** One row of a ledger. */
export function weighRow({ spec, located }: LedgerRow): number {
  return baseBytes + (spec === null ? 0 : weighSpec(spec)) + (located === null ? 0 : weighLocated(located))
}

/** As many per message as make about one frame; one message at least. */
export function inFrames<T>(items: Iterable<T>, weigh: (item: T) => number, frameBytes: number): T[][] {
  const frames: T[][] = [[]]
  let bytes = 0
  for (const item of items) {
    if (bytes >= frameBytes) {
      frames.push([])
      bytes = 0
    }
    frames.at(-1)?.push(item)
    bytes += weigh(item)
  }
  return frames
}

/** What a user wrote into the options of a task, in characters. Measured once for each policy. */
export function policyLength(policy: Policy): number {
  const { name, needs, prefer, retryErrors } = policy
  if (name === null && typeof retryErrors === 'boolean' && isEmpty(needs) && isEmpty(prefer)) return 0
  let length = lengths.get(policy)
  if (length === undefined) lengths.set(policy, (length = JSON.stringify([name, needs, prefer, retryErrors]).length))
  return length
}

const lengths = new WeakMap<Policy, number>()

function isEmpty(needs: Policy['needs']): boolean {
  for (const _ in needs) return false
  return true
}

/** Bytes of a policy beyond the round number; a character may take three. */
function weighPolicy(policy: Policy): number {
  const length = policyLength(policy)
  return length > baseBytes ? length * 3 : 0
}

function weighLocated(located: Located): number {
  switch (located.type) {
    case 'inline':
      return located.bytes.length + located.refs.length * linkBytes
    case 'stored':
      return (located.refs.length + located.holders.length) * linkBytes
    case 'failure':
      return located.failure.message.length + (located.failure.cause?.length ?? 0) + located.failure.story.length * 256
    case 'alias':
      return linkBytes
  }
}
