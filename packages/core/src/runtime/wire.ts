// What a valid message looks like, field by field. Anything at all may arrive from a peer; what does
// not match is not a message. The two kinds that come by the thousand (assign, outcome) are packed
// as positional arrays and checked by hand; the rest is rare and checked by schema.

import * as z from 'zod/mini'
import { lifePattern } from '../model/ids.ts'
import { limits } from '../model/limits.ts'
import { roles } from '../model/role.ts'

const text = z.string().check(z.maxLength(limits.textLength))
const id = z.string().check(z.minLength(1), z.maxLength(limits.nameLength))
const lifeId = z.string().check(z.maxLength(256), z.regex(lifePattern))
const count = z.number().check(z.nonnegative())
const whole = z.int().check(z.nonnegative())
const bytes = z.instanceof(Uint8Array)
const list = <T extends z.core.SomeType>(item: T, most: number = limits.listLength) =>
  z.array(item).check(z.maxLength(most))
const texts = z.record(id, text)

const link = z.object({ object: id, owner: lifeId, top: z.boolean() })

const failure = z.object({
  code: id,
  reason: text,
  message: text,
  task: z.nullable(id),
  peer: z.nullable(text),
  attempt: whole,
  cause: z.nullable(bytes),
  story: list(text, 256),
})

export const located = z.discriminatedUnion('type', [
  z.object({ type: z.literal('inline'), bytes, refs: list(link) }),
  z.object({ type: z.literal('stored'), size: whole, hash: id, holders: list(lifeId, 4_096), refs: list(link) }),
  z.object({ type: z.literal('failure'), failure }),
  z.object({ type: z.literal('alias'), link }),
])

const labelMatch = z.union([text, z.object({ in: list(text, limits.choices) }), z.object({ not: text })])
const needs = z.object({
  labels: z.optional(z.record(id, labelMatch)),
  resources: z.optional(z.record(id, z.number())),
  slots: z.optional(count),
  memoryBytes: z.optional(count),
  peer: z.optional(text),
  because: z.optional(text),
})
const generators = list(id, limits.generators)
/** What an actor is to go on with. */
const newCode = { code: id, needs, generators }
const edition = z.object({ nth: whole, code: id })

const values = [
  z.object({ type: z.literal('inline'), bytes, refs: list(link) }),
  z.object({ type: z.literal('stored'), size: whole, hash: id, refs: list(link) }),
  z.object({ type: z.literal('ref'), link }),
] as const

export const item = z.discriminatedUnion('type', values)

export const outcome = z.discriminatedUnion('type', [
  ...values,
  z.object({ type: z.literal('error'), name: text, code: text, message: text, bytes }),
  z.object({
    type: z.literal('crash'),
    reason: z.enum(['out-of-memory', 'exit', 'uncaught', 'terminated', 'killed']),
    detail: text,
  }),
  z.object({ type: z.literal('cancelled'), reason: text }),
  z.object({ type: z.literal('missing'), objects: list(id) }),
  z.object({
    type: z.literal('returned'),
    reason: text,
    free: z.optional(z.boolean()),
    to: z.optional(lifeId),
    edition: z.optional(edition),
  }),
  z.object({
    type: z.literal('rejected'),
    code: z.enum([
      'CODE_REJECTED',
      'UNKNOWN_EXPORT',
      'ARGUMENT_MUTATED',
      'FORBIDDEN',
      'ACTOR_DIED',
      'ACTOR_UNAVAILABLE',
    ]),
    message: text,
    bytes: z.optional(bytes),
  }),
])

/** Infinity does not exist in every encoding; msgpack has it. */
const milliseconds = z.union([z.number().check(z.nonnegative()), z.literal(Number.POSITIVE_INFINITY)])
const pattern = z.union([
  z.object({ text }),
  z.object({ pattern: text, flags: z.string().check(z.regex(/^[dgimsuvy]{0,8}$/)) }),
])

export const policy = z.object({
  name: z.nullable(text),
  retries: z.number(),
  retryErrors: z.union([z.boolean(), list(pattern, limits.choices)]),
  rebuilds: z.number(),
  retryDelayMs: z.tuple([count, count]),
  timeoutMs: milliseconds,
  attemptTimeoutMs: milliseconds,
  copies: whole,
  needs,
  prefer: needs,
  spread: z.boolean(),
  priority: z.number(),
  hedge: z.boolean(),
  ahead: whole.check(z.lte(limits.ahead)),
  aheadBytes: whole,
  votes: whole.check(z.lte(limits.votes)),
  equals: z.nullable(id),
})

const profile = z.object({
  version: whole,
  name: z.string().check(z.maxLength(128)),
  kind: z.enum(['node', 'browser', 'sim']),
  slots: whole.check(z.lte(limits.slots)),
  labels: texts,
  resources: z.record(id, z.number()),
  memoryBytes: count,
  addresses: list(z.string().check(z.maxLength(limits.lineLength)), limits.addresses),
  domain: text,
  role: z.optional(z.enum(roles)),
  hidden: z.optional(z.boolean()),
  guards: z.optional(list(lifeId, limits.guards)),
})

export const claim = z.object({
  life: lifeId,
  incarnation: whole,
  state: z.enum(['alive', 'draining', 'suspect', 'dead', 'left']),
  profile: z.optional(profile),
  by: id,
})

export const signal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping'), nonce: whole }),
  z.object({ type: z.literal('pong'), nonce: whole }),
  z.object({ type: z.literal('probe'), target: lifeId, nonce: whole }),
  z.object({ type: z.literal('probed'), target: lifeId, nonce: whole, heard: z.boolean() }),
  z.object({ type: z.literal('sync'), members: list(claim, 10_000), reply: z.boolean() }),
])

const query = z.object({
  what: z.enum([
    'tasks',
    'attempts',
    'objects',
    'jobs',
    'actors',
    'explain',
    'story',
    'members',
    'counters',
    'measures',
    'printed',
    'summary',
  ]),
  id: z.nullable(text),
  where: z.optional(texts),
  after: z.optional(whole),
  limit: whole.check(z.lte(limits.rows)),
})
const row = z.record(id, z.union([z.string(), z.number(), z.boolean(), z.null()]))
const holding = z.object({ object: id, size: whole, hash: id })
const found = z.object({ object: id, size: whole, hash: id, owners: list(lifeId, limits.labelOwners) })

/** Of a spec that is an actor. */
export const actor = z.object({
  concurrency: whole,
  everyCalls: whole,
  onceOnly: z.boolean(),
  detached: z.boolean(),
  getIfExists: z.boolean(),
  onCodeChange: z.optional(z.enum(['keep', 'restore'])),
  edition: z.optional(whole),
  callRetries: z.int(),
  maxPendingCalls: whole,
  generators,
  group: z.optional(list(lifeId, 16)),
})
const calls = z.object({ callRetries: z.int(), maxPendingCalls: whole, onceOnly: z.boolean(), generators })
/** Of a spec that is a call. */
export const call = z.object({ actor: id, maxPendingCalls: whole, onceOnly: z.boolean() })

const spec = z.object({
  id,
  context: id,
  depth: whole,
  code: id,
  fn: id,
  args: bytes,
  refs: list(link),
  policy,
  actor: z.optional(actor),
  call: z.optional(call),
})
const ledgerRow = z.object({
  object: id,
  task: z.nullable(id),
  context: z.nullable(id),
  spec: z.nullable(spec),
  copies: whole,
  attempt: whole,
  at: z.nullable(lifeId),
  faded: z.boolean(),
  located: z.nullable(located),
})
const names = list(z.tuple([id, id]))
const job = z.object({
  context: id,
  name: id,
  detached: z.boolean(),
  opened: whole,
  submitter: z.nullable(lifeId),
  names,
})

const epoch = z.object({ number: whole, by: lifeId })
const record = z.object({
  epoch,
  version: whole,
  group: list(lifeId, 16),
  before: z.nullable(list(lifeId, 16)),
  edition,
  snapshot: z.nullable(z.object({ bytes, refs: list(link) })),
  answers: list(z.object({ task: id, to: lifeId, outcome })),
  fences: list(z.object({ context: id, run: whole })),
})
const printed = z.object({
  task: id,
  fn: id,
  attempt: whole,
  context: id,
  depth: whole,
  level: z.enum(['log', 'warn', 'error']),
  text: z.string().check(z.maxLength(limits.printedLength)),
  peer: id,
  nth: whole,
  again: whole,
})

/** Every message but `assign`, `outcome`, `item` and `guard`. */
export const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('abort'), task: id, attempt: whole, reason: text, moved: z.optional(z.boolean()) }),
  z.object({ type: z.literal('remade'), object: id, located }),
  z.object({ type: z.literal('delivered'), task: id, attempt: whole, index: z.optional(whole) }),
  z.object({ type: z.literal('proceed'), task: id, attempt: whole, taken: whole }),
  z.object({ type: z.literal('took'), object: id, reader: id, run: whole, taken: whole }),
  z.object({ type: z.literal('consumed'), object: id, reader: id }),
  z.object({ type: z.literal('grant'), credits: whole }),
  z.object({ type: z.literal('want'), object: id }),
  z.object({ type: z.literal('borrow'), object: id, nth: whole }),
  z.object({ type: z.literal('release'), object: id }),
  z.object({ type: z.literal('cancel'), object: id, reason: text }),
  z.object({ type: z.literal('holding'), object: id, size: whole, hash: id, orphan: z.optional(z.boolean()) }),
  z.object({ type: z.literal('gone'), object: id, holder: lifeId }),
  z.object({ type: z.literal('declined'), object: id }),
  z.object({ type: z.literal('mayDrop'), object: id, nth: whole, pressed: z.boolean() }),
  z.object({ type: z.literal('found'), objects: list(found, limits.rows) }),
  z.object({ type: z.literal('whoHas'), object: id }),
  z.object({ type: z.literal('sources'), object: id, from: list(lifeId, 4_096) }),
  z.object({ type: z.literal('drop'), object: id, nth: whole }),
  z.object({ type: z.literal('keep'), object: id, nth: whole }),
  z.object({ type: z.literal('located'), object: id, located }),
  z.object({ type: z.literal('borrowed'), object: id, nth: whole, known: z.boolean() }),
  z.object({ type: z.literal('replicate'), object: id, size: whole, hash: id, from: list(lifeId, 4_096) }),
  z.object({ type: z.literal('verify'), object: id, hash: id }),
  z.object({ type: z.literal('free'), object: id }),
  z.object({ type: z.literal('guarded'), nth: whole, full: z.boolean() }),
  z.object({ type: z.literal('unguard') }),
  z.object({ type: z.literal('claim'), context: id }),
  z.object({ type: z.literal('claimed'), context: id, rows: list(ledgerRow), more: z.boolean() }),
  z.object({ type: z.literal('compare'), object: id, located, isFirst: z.boolean(), reply: z.boolean() }),
  z.object({ type: z.literal('seek'), context: id }),
  z.object({
    type: z.literal('sought'),
    context: id,
    isTaken: z.boolean(),
    has: z.boolean(),
    detached: z.boolean(),
    opened: whole,
    names,
  }),
  z.object({ type: z.literal('end-job'), context: id, reason: text }),
  z.object({
    type: z.literal('announce'),
    attempts: list(id, 1_000_000),
    borrows: list(id, 1_000_000),
    holdings: list(holding, 1_000_000),
    coming: list(id, 1_000_000),
    undelivered: list(id, 1_000_000),
  }),
  z.object({ type: z.literal('stand'), actor: id, epoch, group: list(lifeId, 16) }),
  z.object({
    type: z.literal('vote'),
    actor: id,
    epoch,
    granted: z.boolean(),
    promised: z.nullable(epoch),
    host: z.nullable(lifeId),
    leftMs: count,
    record: z.nullable(record),
    over: z.nullable(text),
  }),
  z.object({ type: z.literal('renew'), actor: id, epoch, nth: whole, record: z.nullable(record) }),
  z.object({
    type: z.literal('renewed'),
    actor: id,
    epoch,
    nth: whole,
    granted: z.boolean(),
    isMember: z.boolean(),
  }),
  z.object({ type: z.literal('resign'), actor: id, epoch, over: z.nullable(text) }),
  z.object({ type: z.literal('hosted'), actor: id, at: lifeId, epoch, begun: z.boolean() }),
  z.object({ type: z.literal('unmade'), actor: id }),
  z.object({ type: z.literal('forget'), actor: id, task: id, keep: z.enum(['not', 'briefly', 'long']) }),
  z.object({ type: z.literal('change-actor'), actor: id, task: id, ...newCode }),
  z.object({ type: z.literal('hand-over'), actor: id, attempt: whole, edition }),
  z.object({
    type: z.literal('changed-actor'),
    actor: id,
    task: id,
    end: z.enum(['changed', 'refused', 'gone']),
    why: text,
  }),
  z.object({ type: z.literal('seek-actor'), name: text }),
  z.object({
    type: z.literal('sought-actor'),
    name: text,
    found: z.nullable(z.object({ object: id, owner: lifeId, code: id, fn: id, calls })),
  }),
  z.object({ type: z.literal('drain'), withinMs: count }),
  z.object({ type: z.literal('printed'), line: printed }),
  z.object({ type: z.literal('unplug') }),
  z.object({ type: z.literal('forbidden'), sentence: text }),
  z.object({ type: z.literal('inspect'), request: whole, query }),
  z.object({ type: z.literal('inspected'), request: whole, rows: list(row, limits.rows) }),
])

export const links = list(link)
export const wholes = list(whole)
export const jobs = list(job)
export const objects = list(id)
export const lives = list(lifeId, 256)
export const lifeIdSchema = lifeId
