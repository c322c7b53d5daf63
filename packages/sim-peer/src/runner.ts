// Drives one generator (a task's body or a program) as a context of a simulated peer: its submits
// become events, its gets become watches, its handles are counted and let go when it ends.

import type {
  CodeId,
  ContextId,
  Failure,
  LifeId,
  ObjectId,
  RefLink,
  StreamOrder,
  TaskId,
} from '@murmuration/core/internal'
import { isFarAhead, isWanted, resultOf } from '@murmuration/core/internal'
import { type Asked, calling, spawning } from './asking.ts'
import type { Body, CallOptions, Context, Got, PutOptions, SpawnOptions, Wait } from './bodies.ts'
import { SimFailure, end as theEnd } from './bodies.ts'
import { SimReading } from './reading.ts'
import { SimRef, decode, digest, digestBytes, encode } from './values.ts'
import type { SimPeer } from './peer.ts'
import { policyOf } from './policies.ts'

export interface RunnerEnd {
  readonly type: 'returned' | 'threw'
  readonly value: unknown
}

export interface ProgramOptions {
  /** Its handles stay until it is dropped. */
  readonly lingers?: boolean
  /** The name of its job. */
  readonly job?: string
  readonly detached?: boolean
}

interface RunnerInit {
  readonly id: ContextId
  readonly depth: number
  readonly attempt: number
  /** Of the bundle that runs; a program's calls are of the one that they name. */
  readonly code: CodeId
  /** Its handles outlive it until `drop`: a program that goes on doing nothing. */
  readonly lingers?: boolean
  readonly onEnd: (end: RunnerEnd) => void
  readonly onBlocked: (blocked: boolean) => void
  /** What waited for its reader goes on when this allows it. Default: at once. */
  readonly mayResume?: () => boolean
  /** A job with a name: its ids are derived, as a task's are. */
  readonly runsAgain?: boolean
  /** Its body emits items. */
  readonly stream?: RunnerStream | null
}

interface RunnerStream {
  readonly order: StreamOrder
  readonly ahead: number
  readonly onItem: (value: unknown, index: number) => void
}

/** Bytes, and who answers for the refs in them. */
export interface Received {
  readonly bytes: Uint8Array
  readonly refs: readonly RefLink[]
}

interface Waiting {
  readonly type: 'get' | 'durable' | 'stop' | 'next' | 'emit'
  readonly object: ObjectId
  blocked: boolean
}

export class Runner implements Context {
  readonly id: ContextId
  readonly attempt: number
  readonly at: string
  readonly #peer: SimPeer
  readonly #init: RunnerInit
  readonly #handles = new Map<ObjectId, { owner: LifeId; count: number }>()
  readonly #asked = new Map<string, number>()
  readonly #readings = new Map<ObjectId, SimReading>()
  /** Items emitted so far, those that were passed over among them. */
  emitted = 0
  #taken: number
  #asRef = false
  #calls = 0
  #body: Body | null = null
  #waiting: Waiting | null = null
  ended = false

  constructor(peer: SimPeer, init: RunnerInit) {
    this.#peer = peer
    this.#init = init
    this.id = init.id
    this.attempt = init.attempt
    this.at = peer.peer
    this.#taken = init.stream?.order.taken ?? 0
  }

  /** Another program has its job. */
  refuse(takenBy: string): void {
    this.#end({ type: 'threw', value: new Error(`NAME_TAKEN by ${takenBy}`) })
  }

  start(body: Body): void {
    this.#body = body
    this.#advance(() => body.next())
  }

  #advance(step: () => IteratorResult<Wait, unknown>): void {
    if (this.ended) return
    let result: IteratorResult<Wait, unknown>
    try {
      result = step()
    } catch (error) {
      return this.#end({ type: 'threw', value: error })
    }
    if (result.done) return this.#end({ type: 'returned', value: result.value })
    this.#wait(result.value)
  }

  #wait(wait: Wait): void {
    const body = this.#body as Body
    if (wait.type === 'elapse') {
      return this.#peer.work(wait.ms, () => this.#advance(() => body.next({ type: 'value', value: null })))
    }
    if (wait.type === 'emit') return this.#emit(wait.value)
    if (wait.type === 'next') return this.#next(wait.ref, wait.asRef)
    const waiting: Waiting = { type: wait.type, object: wait.ref.object, blocked: false }
    this.#waiting = waiting
    if (wait.type === 'get') this.#peer.watches.watch(wait.ref.object, wait.ref.owner, this)
    else this.#peer.watches.awaitEnd(wait, this)
    if (this.#waiting !== waiting) return
    waiting.blocked = true
    this.#init.onBlocked(true)
  }

  #emit(value: unknown): void {
    const { stream } = this.#init
    if (!stream) throw new Error(`${this.id} emits, and is no stream`)
    const index = this.emitted++
    if (isWanted({ ...stream.order, taken: this.#taken }, index)) stream.onItem(value, index)
    if (this.ended) return
    if (this.#mayEmit()) return this.#go({ type: 'value', value: null })
    this.#waiting = { type: 'emit', object: this.id as string as ObjectId, blocked: true }
    this.#init.onBlocked(true)
  }

  #mayEmit(): boolean {
    const { stream } = this.#init
    if (!stream || this.emitted < stream.order.from) return true
    return !isFarAhead({ ahead: stream.ahead, aheadBytes: 0 }, this.emitted - this.#taken, 0)
  }

  /** Its reader has taken so many. */
  proceed(taken: number): void {
    this.#taken = taken
    this.resume()
  }

  get isParked(): boolean {
    return this.#waiting?.type === 'emit'
  }

  /** It waits for its reader no longer, and it is its turn. */
  resume(): void {
    if (this.#init.mayResume?.() === false) return
    if (this.#mayEmit() && this.#ends('emit', this.id as string as ObjectId)) this.#go({ type: 'value', value: null })
  }

  #next(ref: SimRef, asRef: boolean): void {
    let reading = this.#readings.get(ref.object)
    if (!reading) {
      reading = new SimReading(this.#peer, this, ref, this.attempt)
      this.#readings.set(ref.object, reading)
    }
    reading.ask(asRef)
    this.#asRef = asRef
    const waiting: Waiting = { type: 'next', object: reading.item, blocked: false }
    this.#waiting = waiting
    this.#take(reading)
    if (this.#waiting !== waiting) return
    waiting.blocked = true
    this.#init.onBlocked(true)
  }

  #take(reading: SimReading): void {
    const { item, owner } = reading
    if (this.#waiting?.type !== 'next' || this.#waiting.object !== item) return
    const asRef = this.#asRef
    const next = reading.take(asRef)
    if (next === null || !this.#ends('next', item)) return
    if (next === 'end') return this.#go({ type: 'value', value: theEnd })
    if ('failure' in next) return this.#go({ type: 'failure', failure: next.failure })
    if (!asRef) return this.#go({ type: 'value', value: this.#receive(next.bytes, next.refs) })
    this.#hold(item, owner, false)
    this.#go({ type: 'value', value: new SimRef(item, owner) })
  }

  leave({ object }: SimRef): void {
    this.#readings.get(object)?.close()
    this.#readings.delete(object)
  }

  /** Another context reads it. */
  consumed(object: ObjectId): void {
    const reading = this.#readings.get(object)
    if (!reading) return
    const { item } = reading
    reading.close()
    const rest = { task: null, peer: null, attempt: 0, cause: null, story: [] }
    if (this.#ends('next', item))
      this.#go({ type: 'failure', failure: { code: 'INTERNAL', reason: '', message: 'STREAM_CONSUMED', ...rest } })
  }

  /** The object that this context waits for has settled. */
  settled(object: ObjectId, got: Received | { readonly failure: Failure }): void {
    for (const reading of this.#readings.values()) {
      if (!reading.has(object)) continue
      reading.settled(object, got)
      return this.#take(reading)
    }
    if (!this.#ends('get', object)) return
    this.#go(
      'failure' in got
        ? { type: 'failure', failure: got.failure }
        : { type: 'value', value: this.#receive(got.bytes, got.refs) },
    )
  }

  /** It has its copies, or stopped; or why not. */
  reached(type: 'durable' | 'stop', object: ObjectId, failure: Failure | null): void {
    if (this.#ends(type, object)) this.#go(failure ? { type: 'failure', failure } : { type: 'value', value: null })
  }

  #ends(type: Waiting['type'], object: ObjectId): boolean {
    if (this.ended || this.#waiting?.type !== type || this.#waiting.object !== object) return false
    const { blocked } = this.#waiting
    this.#waiting = null
    if (blocked) this.#init.onBlocked(false)
    return true
  }

  #go(answer: Got): void {
    this.#advance(() => (this.#body as Body).next(answer))
  }

  /** Refs inside a value that came in become handles of this context. */
  #receive(bytes: Uint8Array, refs: readonly RefLink[]): unknown {
    for (const link of refs) this.#hold(link.object, link.owner, true)
    return decode(bytes, refs)
  }

  /** A task's arguments: top-level refs give way to their values. */
  argumentsFrom(
    args: Uint8Array,
    refs: readonly RefLink[],
    inputs: ReadonlyMap<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>,
  ): unknown[] {
    for (const link of refs) if (!link.top) this.#hold(link.object, link.owner, true)
    const list = decode(args, refs) as unknown[]
    return list.map((item) => {
      const input = item instanceof SimRef ? inputs.get(item.object) : undefined
      return input ? this.#receive(input.bytes, input.refs) : item
    })
  }

  #hold(object: ObjectId, owner: LifeId, tell: boolean): void {
    const row = this.#handles.get(object)
    if (row) row.count++
    else {
      this.#handles.set(object, { owner, count: 1 })
      if (tell) this.#peer.event({ type: 'hold', object, owner })
    }
  }

  call(fn: string, args: readonly unknown[], options: CallOptions = {}): SimRef {
    return this.#submit(fn, args, { options })
  }

  spawn(name: string, args: readonly unknown[], options: SpawnOptions = {}): SimRef {
    return this.#submit(name, args, spawning(options))
  }

  send(actor: SimRef, method: string, args: readonly unknown[], options: CallOptions = {}): SimRef {
    return this.#submit(method, args, calling(actor, this.#peer.world.onceOnly.has(actor.object), options))
  }

  #submit(fn: string, args: readonly unknown[], { options, rest = {}, link }: Asked): SimRef {
    const { bytes, refs } = encode(args, true)
    const policy = policyOf(options, this.#peer.world.retries)
    const id = this.#taskId(
      `${fn}|${link ? `${link.object}|` : ''}${digestBytes(bytes)}|${JSON.stringify(policy.needs)}`,
    )
    const { depth } = this.#init
    const code = depth === 0 ? this.#codeOf(fn, options) : this.#init.code
    const all = link ? [...refs, link] : refs
    if (rest.actor?.onceOnly) this.#peer.world.onceOnly.add(resultOf(id))
    this.#peer.event({
      type: 'submit',
      spec: { id, context: this.id, depth, code, fn, args: bytes, refs: all, policy, ...rest },
    })
    return this.#own(resultOf(id))
  }

  /** Handles to these, and to nothing else. */
  keepOnly(links: readonly RefLink[]): void {
    for (const { object, owner } of links) if (!this.#handles.has(object)) this.#hold(object, owner, true)
    for (const object of this.#handles.keys()) {
      if (links.some((link) => link.object === object)) continue
      this.#handles.delete(object)
      this.#peer.event({ type: 'release', object })
    }
  }

  /** A program's functions are each of a bundle of their own, where bundles have to travel. */
  #codeOf(fn: string, { code }: CallOptions): CodeId {
    const named = (code ?? (this.#peer.world.spreadsCode ? `code-of-${fn}` : this.#init.code)) as CodeId
    this.#peer.keepCode(named)
    return named
  }

  /** Of a job, which never runs again, counted; of a task derived from what is asked. */
  #taskId(what: string): TaskId {
    if (this.#init.depth === 0 && this.#init.runsAgain !== true) return `${this.id}.${this.#calls++}` as TaskId
    return digest(`${this.id}|${what}|${this.#nth(what)}`) as TaskId
  }

  #nth(what: string): number {
    const nth = this.#asked.get(what) ?? 0
    this.#asked.set(what, nth + 1)
    return nth
  }

  put(value: unknown, { copies = 2, name = null }: PutOptions = {}): SimRef {
    const encoded = encode(value)
    const what = `put|${encoded.hash}`
    const object = digest(`${this.id}|${what}|${this.#nth(what)}`) as ObjectId
    const job = this.#init.depth === 0 && this.#init.runsAgain === true ? { context: this.id, name } : undefined
    if (!this.#peer.put(this.id, object, { encoded, copies, job })) throw new SimFailure(noRoom(object))
    if (this.#init.depth > 0) this.#peer.world.durability.putInTask(object)
    return this.#own(object)
  }

  /** `submit` and `put` made the first handle; a repeated one is given back. */
  #own(object: ObjectId): SimRef {
    if (this.#handles.has(object)) this.#peer.event({ type: 'release', object })
    this.#hold(object, this.#peer.life, false)
    return new SimRef(object, this.#peer.life)
  }

  release(ref: SimRef): void {
    const row = this.#handles.get(ref.object)
    if (!row || --row.count > 0) return
    this.#handles.delete(ref.object)
    this.#peer.event({ type: 'release', object: ref.object })
  }

  cancel(ref: SimRef, reason: string): void {
    this.#peer.event({ type: 'cancel', object: ref.object, owner: ref.owner, reason })
  }

  excuses(failure: Failure): boolean {
    return this.#peer.world.excuses(failure)
  }

  ownerOf(object: ObjectId): LifeId {
    for (const reading of this.#readings.values()) if (reading.has(object)) return reading.owner
    return this.#handles.get(object)?.owner ?? this.#peer.life
  }

  /** What it has handles to, and who answers for that. */
  handles(): IterableIterator<[ObjectId, { readonly owner: LifeId }]> {
    return this.#handles.entries()
  }

  #end(end: RunnerEnd): void {
    this.ended = true
    this.#init.onEnd(end)
    if (this.#init.lingers !== true) this.drop()
  }

  /** Lets go of every handle: the context is over. */
  drop(): void {
    this.ended = true
    if (this.#waiting?.type === 'get') this.#peer.watches.unwatch(this.#waiting.object, this)
    this.#waiting = null
    for (const reading of this.#readings.values()) reading.close()
    this.#readings.clear()
    for (const object of this.#handles.keys()) this.#peer.event({ type: 'release', object })
    this.#handles.clear()
  }
}

function noRoom(object: ObjectId): Failure {
  const message = `there is no room for ${object} on this peer`
  const rest = { task: null, peer: null, attempt: 0, cause: null, story: [] }
  return { code: 'OVERLOADED', reason: 'memory', message, ...rest }
}
