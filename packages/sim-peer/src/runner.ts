// Drives one generator (a task's body or a program) as a context of a simulated peer: its submits
// become events, its gets become watches, its handles are counted and let go when it ends.

import type { CodeId, ContextId, LifeId, ObjectId, RefLink, TaskSpec } from '@murmuration/core/internal'
import { resultOf } from '@murmuration/core/internal'
import type { Body, CallOptions, Context, Got, SimFailure, Wait } from './bodies.ts'
import { SimRef, decode, digest, encode } from './values.ts'
import type { SimPeer } from './peer.ts'

export interface RunnerEnd {
  readonly type: 'returned' | 'threw'
  readonly value: unknown
}

export class Runner implements Context {
  readonly #peer: SimPeer
  readonly #id: ContextId
  readonly #depth: number
  readonly #code: CodeId
  readonly #handles = new Map<ObjectId, { owner: LifeId; count: number }>()
  readonly #counts = new Map<string, number>()
  readonly #onEnd: (end: RunnerEnd) => void
  readonly #onBlocked: (blocked: boolean) => void
  readonly attempt: number
  readonly at: string
  #body: Body | null = null
  #waiting: { object: ObjectId; blocked: boolean } | null = null
  ended = false

  constructor(
    peer: SimPeer,
    init: {
      id: ContextId
      depth: number
      attempt: number
      /** Of the bundle that runs; a program's calls are of the one that they name. */
      code: CodeId
      onEnd: (end: RunnerEnd) => void
      onBlocked: (blocked: boolean) => void
    },
  ) {
    this.#peer = peer
    this.#id = init.id
    this.#depth = init.depth
    this.#code = init.code
    this.attempt = init.attempt
    this.at = peer.peer
    this.#onEnd = init.onEnd
    this.#onBlocked = init.onBlocked
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
    const { object, owner } = wait.ref
    this.#waiting = { object, blocked: false }
    this.#peer.watch(object, owner, this)
    if (this.#waiting?.object === object) {
      this.#waiting.blocked = true
      this.#onBlocked(true)
    }
  }

  /** The object that this context waits for has settled. */
  settled(
    object: ObjectId,
    got: { bytes: Uint8Array; refs: readonly RefLink[] } | { failure: Parameters<typeof failed>[0] },
  ): void {
    if (this.ended || this.#waiting?.object !== object) return
    const { blocked } = this.#waiting
    this.#waiting = null
    if (blocked) this.#onBlocked(false)
    const answer: Got =
      'failure' in got ? failed(got.failure) : { type: 'value', value: this.#receive(got.bytes, got.refs) }
    this.#advance(() => (this.#body as Body).next(answer))
  }

  /** Refs inside a value that came in become handles of this context. */
  #receive(bytes: Uint8Array, refs: readonly RefLink[]): unknown {
    for (const link of refs) this.#hold(link.object, link.owner, true)
    return decode(bytes)
  }

  /** A task's arguments: top-level refs give way to their values. */
  argumentsFrom(
    args: Uint8Array,
    refs: readonly RefLink[],
    inputs: ReadonlyMap<ObjectId, { bytes: Uint8Array; refs: readonly RefLink[] }>,
  ): unknown[] {
    const list = this.#receive(
      args,
      refs.filter((link) => !link.top),
    ) as unknown[]
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
    const encoded = encode(args, true)
    const same = `${fn}|${digest(new TextDecoder().decode(encoded.bytes))}`
    const nth = this.#depth === 0 ? this.#counts.size : (this.#counts.get(same) ?? 0)
    this.#counts.set(this.#depth === 0 ? `${nth}` : same, nth + 1)
    const id = (this.#depth === 0 ? `${this.#id}.${nth}` : digest(`${this.#id}|${same}|${nth}`)) as TaskSpec['id']
    const policy = {
      name: null,
      retries: options.retries ?? this.#peer.world.retries,
      retryErrors: options.retryErrors ?? false,
      rebuilds: options.rebuilds ?? -1,
      retryDelayMs: [100, 10_000] as const,
      timeoutMs: options.timeoutMs ?? Number.POSITIVE_INFINITY,
      attemptTimeoutMs: options.attemptTimeoutMs ?? Number.POSITIVE_INFINITY,
      copies: options.copies ?? 2,
      needs: options.needs ?? {},
      prefer: {},
      spread: options.spread ?? false,
      priority: 0,
    }
    const code = this.#depth === 0 ? this.#codeOf(fn, options) : this.#code
    const spec: TaskSpec = {
      id,
      context: this.#id,
      depth: this.#depth,
      code,
      fn,
      args: encoded.bytes,
      refs: encoded.refs,
      policy,
    }
    this.#peer.event({ type: 'submit', spec })
    return this.#own(resultOf(id))
  }

  /** A program's functions are each of a bundle of their own, where bundles have to travel. */
  #codeOf(fn: string, { code }: CallOptions): CodeId {
    const named = (code ?? (this.#peer.world.spreadsCode ? `code-of-${fn}` : this.#code)) as CodeId
    this.#peer.keepCode(named)
    return named
  }

  put(value: unknown): SimRef {
    const encoded = encode(value)
    const nth = this.#counts.get('put') ?? 0
    this.#counts.set('put', nth + 1)
    const object = digest(`${this.#id}|put|${encoded.hash}|${nth}`) as ObjectId
    this.#peer.put(object, encoded)
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

  handles(): IterableIterator<ObjectId> {
    return this.#handles.keys()
  }

  ownerOf(object: ObjectId): LifeId | undefined {
    return this.#handles.get(object)?.owner
  }

  #end(end: RunnerEnd): void {
    this.ended = true
    this.#onEnd(end)
    this.drop()
  }

  /** Lets go of every handle: the context is over. */
  drop(): void {
    this.ended = true
    if (this.#waiting) this.#peer.unwatch(this.#waiting.object, this)
    this.#waiting = null
    for (const object of this.#handles.keys()) this.#peer.event({ type: 'release', object })
    this.#handles.clear()
  }
}

function failed(failure: SimFailure['failure']): Got {
  return { type: 'failure', failure }
}
