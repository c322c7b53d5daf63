// Actors for the tests: each says where it lives, so that a test can kill that peer.

import { task } from 'murmuration/task'
import type { Actor, ObjectRef } from 'murmuration'

/** Counts, and survives its host. */
export class Counter {
  #total: number
  /** Which of its incarnations this is, told from inside: how often it was restored. */
  #restored = 0

  constructor(total: number) {
    if (total < 0) throw new RangeError(`it cannot begin at ${total}`)
    this.#total = total
  }

  static restore({ total, restored }: { total: number; restored: number }): Counter {
    const counter = new Counter(total)
    counter.#restored = restored + 1
    return counter
  }

  snapshot(): { total: number; restored: number } {
    return { total: this.#total, restored: this.#restored }
  }

  add(n: number): number {
    this.#total += n
    return this.#total
  }

  async addLater(n: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return this.add(n)
  }

  /** Takes its time, whatever it is told. */
  async addSlowly(n: number, ms: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return this.add(n)
  }

  restored(): number {
    return this.#restored
  }

  pid(): number {
    return process.pid
  }
}

/** Remembers in which order its callers called it. */
export class Log {
  readonly #lines: string[] = []

  write(line: string): void {
    this.#lines.push(line)
  }

  read(): readonly string[] {
    return this.#lines
  }
}

/** Writes to a log that it was given as an argument. */
export async function writes(log: Actor<Log>, who: string, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, i) => log.write(`${who} ${i}`))
  await task.mesh.get(all)
}

/** Keeps what it is given: handles and refs in its state. */
export class Keeper {
  readonly #kept = new Map<string, unknown>()

  keep(name: string, what: { readonly inside: unknown }): void {
    this.#kept.set(name, what.inside)
  }

  give(name: string): { readonly inside: unknown } {
    return { inside: this.#kept.get(name) }
  }

  async addToCounter(name: string, n: number): Promise<number> {
    return (this.#kept.get(name) as Actor<Counter>).add(n).get()
  }

  async readRef(name: string): Promise<unknown> {
    return (this.#kept.get(name) as ObjectRef<unknown>).get()
  }
}

/** Two of them call each other back and forth. */
export class Player {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  async play(other: Actor<Player>, me: Actor<Player>, left: number): Promise<string> {
    if (left === 0) return this.#name
    return `${this.#name} ${await other.play(me, other, left - 1).get()}`
  }
}

/** Finds a counter by its name, from inside a task. */
export async function bumps(name: string): Promise<number> {
  const counter = await task.mesh.actor<Counter>(name)
  return counter.add(1).get()
}

/** Ends one, from inside a task. */
export async function kills(name: string): Promise<string> {
  const counter = await task.mesh.actor<Counter>(name)
  await task.mesh.kill(counter, 'a task says so')
  return counter
    .add(1)
    .get()
    .then(
      () => 'it lives',
      ({ code }: { code: string }) => code,
    )
}

export function spawnsInside(total: number): { readonly counter: Actor<Counter> } {
  return { counter: task.mesh.fn(Counter).spawn(total) }
}

/** Yields numbers, as many as it has. */
export class Feed {
  #length: number
  #left = 0

  constructor(length: number) {
    this.#length = length
  }

  static restore(length: number): Feed {
    return new Feed(length)
  }

  snapshot(): number {
    return this.#length
  }

  *rows(): Generator<number> {
    const { length } = this
    try {
      for (let i = 0; i < length; i++) yield i
    } finally {
      if (length > 1_000) this.#left++
    }
  }

  async *sums(n: number): AsyncGenerator<number> {
    if (n < 0) throw new RangeError('no such sum')
    for (let i = 0, sum = 0; i < n; i++) {
      await Promise.resolve()
      yield (sum += i)
    }
  }

  /** Where it lives, again and again. */
  async *places(): AsyncGenerator<{ i: number; pid: number }> {
    for (let i = 0; i < this.#length; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      yield { i, pid: process.pid }
    }
  }

  grow(): number {
    return ++this.#length
  }

  left(): number {
    return this.#left
  }

  get length(): number {
    return this.#length
  }
}

export async function reads(box: { feed: Actor<Feed> }): Promise<number> {
  let sum = 0
  for await (const i of box.feed.rows()) sum += i
  return sum
}

/** An actor of an export of the running bundle: which methods yield is told from the class itself. */
export async function spawnsFeed(length: number): Promise<number> {
  return reads({ feed: task.mesh.fn(Feed).spawn(length) })
}
