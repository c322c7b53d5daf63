// Runs a generator in a worker: calls it for one item after the other while its reader may want more, and passes on
// those that are wanted; what an earlier attempt had yielded is yielded again and goes nowhere. Items leave together
// where the generator does not wait in between. It knows nothing of tasks, only of an iterator and a window.

import type { Item, Lead, StreamOrder } from '../model/stream.ts'
import { isWanted } from '../model/stream.ts'
import { Unread } from './unread.ts'
import type { YieldedItem } from './worker-messages.ts'

export interface Flow {
  /** What is wanted, and how far the reader is when the attempt begins. */
  readonly order: StreamOrder
  readonly lead: Lead
  /** Resolves when all that an item refers to has left. Undefined when nothing waits. */
  readonly flushed: () => Promise<void> | undefined
  readonly encode: (value: unknown) => { readonly item: Item; readonly bytes: Uint8Array<ArrayBuffer> | null }
  readonly send: (items: readonly YieldedItem[]) => void
  /** It waits for its reader, or does no longer. */
  readonly waits: (change: 1 | -1) => void
  /** Of an actor: others have their turn while it waits; what is returned resolves when it has its own again. */
  readonly yieldsTurn: (() => () => Promise<void>) | undefined
  readonly now: () => number
}

/** What a generator gives: sync or async, or lowered to something that looks like one. */
type Items = Iterator<unknown> | AsyncIterator<unknown>

/** Undefined when it is neither. */
export function itemsOf(value: unknown): Items | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const it = value as Partial<AsyncIterable<unknown> & Iterable<unknown> & Iterator<unknown>>
  if (typeof it[Symbol.asyncIterator] === 'function') return it[Symbol.asyncIterator]!()
  if (typeof it.next === 'function') return it as Iterator<unknown>
  return typeof it[Symbol.iterator] === 'function' ? it[Symbol.iterator]!() : undefined
}

/** An item that waits for its reader for longer gives back its slot. Shorter waits would only make others come and go. */
const patienceMs = 10
/** Without a break for longer than this nobody else is heard: not even that it is to stop. */
const stretchMs = 8
/** Items that leave in one message at most. */
const most = 64

export class StreamRun {
  readonly #flow: Flow
  readonly #unread: Unread
  #isStopped = false
  #go = (): void => {}
  #out: YieldedItem[] = []
  #isSoon = false

  constructor(flow: Flow) {
    this.#flow = flow
    this.#unread = new Unread(flow.order, flow.lead)
  }

  /** Its reader has taken so many, in all. */
  proceed(taken: number): void {
    this.#unread.proceed(taken)
    this.#go()
  }

  stop(): void {
    this.#isStopped = true
    this.#go()
  }

  /** How many it yielded, or null when it was stopped before its end. Throws what it throws. */
  async run(items: Items): Promise<number | null> {
    const { order, now, flushed } = this.#flow
    let since = now()
    try {
      for (let index = 0; ; index++) {
        if (!this.#mayYield(index)) {
          await this.#room(index)
          since = now()
        }
        if (this.#isStopped) return await this.#leave(items)
        const step = items.next()
        const { done, value } = step instanceof Promise ? await step : step
        if (done === true) return index
        if (isWanted(order, index, this.#unread.taken)) {
          const item: unknown = isThenable(value) ? await value : value
          const leaves = flushed()
          if (leaves !== undefined) await leaves
          this.#push(index, item)
        }
        if (now() - since <= stretchMs) continue
        this.#flush()
        await nextTurn()
        since = now()
      }
    } catch (error) {
      await this.#leave(items).catch(() => {})
      throw error
    } finally {
      this.#flush()
    }
  }

  /** Its `finally` blocks run. */
  async #leave(items: Items): Promise<null> {
    await items.return?.()
    return null
  }

  #mayYield(index: number): boolean {
    return this.#isStopped || this.#unread.mayYield(index)
  }

  async #room(index: number): Promise<void> {
    this.#flush()
    const { waits, yieldsTurn } = this.#flow
    const turn = yieldsTurn?.()
    let isWaiting = false
    const timer = setTimeout(() => {
      isWaiting = true
      waits(1)
    }, patienceMs)
    while (!this.#mayYield(index)) await new Promise<void>((resolve) => (this.#go = resolve))
    clearTimeout(timer)
    if (isWaiting) waits(-1)
    await turn?.()
  }

  #push(index: number, value: unknown): void {
    const yielded = this.#flow.encode(value)
    this.#out.push({ index, ...yielded })
    this.#unread.yielded(index, sizeOf(yielded.item))
    if (this.#out.length >= most) return this.#flush()
    if (this.#isSoon) return
    this.#isSoon = true
    void nextTurn().then(() => {
      this.#isSoon = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#out.length === 0) return
    this.#flow.send(this.#out)
    this.#out = []
  }
}

function sizeOf(item: Item): number {
  if (item.type === 'ref') return 0
  return item.type === 'inline' ? item.bytes.byteLength : item.size
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

const turns: (() => void)[] = []
let channel: MessageChannel | undefined

/** When whatever has arrived meanwhile was heard. Not by a timer: pages hold those back. */
function nextTurn(): Promise<void> {
  if (channel === undefined) {
    channel = new MessageChannel()
    channel.port1.addEventListener('message', () => turns.shift()?.())
    channel.port1.start()
  }
  const { port2 } = channel
  return new Promise((resolve) => {
    turns.push(resolve)
    port2.postMessage(null)
  })
}
