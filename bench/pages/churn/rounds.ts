// The job that is asked for again and again while pages die, what is kept from one round for the next ones, and
// whether all of it is right. What is lost is a result that did not come; what is violated is one that came wrong.

import type { Mesh, ObjectRef } from 'murmuration'
import { added, digest, drawn, mixed } from './work.ts'

export interface Tally {
  rounds: number
  right: number
  lost: number
  violations: number
}

interface Kept {
  readonly ref: ObjectRef<Uint8Array>
  readonly digest: number
}

const tasks = 48
const longestWaitMs = 400
const drawnPerRound = 4
/** Of so many rounds the objects are kept, and read in each. */
const keptRounds = 10
/** Far longer than any recovery takes: what is not there by then hangs. */
const patienceMs = 120_000

export class Rounds {
  readonly tally: Tally = { rounds: 0, right: 0, lost: 0, violations: 0 }
  readonly #kept: Kept[] = []
  readonly #mesh: Mesh
  readonly #say: (line: string) => void
  readonly #mixed
  readonly #added
  readonly #drawn
  readonly #digest

  constructor(mesh: Mesh, say: (line: string) => void) {
    this.#mesh = mesh
    this.#say = say
    this.#mixed = mesh.fn(mixed)
    this.#added = mesh.fn(added)
    // Made by pages: it is their deaths that the copies are to survive.
    this.#drawn = mesh.fn(drawn).with({ copies: 2, needs: { labels: { kind: 'browser' } } })
    this.#digest = mesh.fn(digest)
    for (const type of ['task:conflict', 'object:lost'] as const)
      mesh.addEventListener(type, ({ detail }) => this.violated(JSON.stringify(detail)))
  }

  async run(): Promise<void> {
    const number = this.tally.rounds++
    await Promise.all([this.#sum(number), this.#keep(number)])
    await this.#readKept()
  }

  /** Many small tasks, and one that waits for all of them. */
  async #sum(number: number): Promise<void> {
    const inputs = Array.from({ length: tasks }, (_, i): [number, number] => [
      number * tasks + i,
      (i * longestWaitMs) / tasks,
    ])
    const refs = inputs.map(([n, waitMs]) => this.#mixed(n, waitMs))
    const sum = this.#added(...refs)
    const expected = await Promise.all(inputs.map(([n]) => mixed(n, 0)))
    await Promise.all([...refs.map((ref, i) => this.#check(ref, expected[i])), this.#check(sum, added(...expected))])
    for (const ref of [...refs, sum]) ref[Symbol.dispose]()
  }

  async #keep(number: number): Promise<void> {
    const numbers = Array.from({ length: drawnPerRound }, (_, i) => number * (drawnPerRound + 1) + i)
    const put = number * (drawnPerRound + 1) + drawnPerRound
    const refs = [...numbers.map((n) => this.#drawn(n)), await this.#mesh.put(drawn(put))]
    await this.#try(`copies of round ${number}`, Promise.all(refs.map((ref) => ref.durable())))
    for (const [i, ref] of refs.entries()) this.#kept.push({ ref, digest: digest(drawn(numbers[i] ?? put)) })
    while (this.#kept.length > keptRounds * refs.length) this.#kept.shift()?.ref[Symbol.dispose]()
  }

  /** By tasks, so that it is peers which fetch them from each other, and pages among them. */
  async #readKept(): Promise<void> {
    await Promise.all(
      this.#kept.map(async (kept) => {
        const read = this.#digest(kept.ref)
        await this.#check(read, kept.digest)
        read[Symbol.dispose]()
      }),
    )
  }

  async #check(ref: ObjectRef<number>, expected: number | undefined): Promise<void> {
    const value = await this.#try(ref.id, ref.get({ timeoutMs: patienceMs }), ref)
    if (value === undefined) return
    if (value === expected) this.tally.right++
    else this.violated(`${ref.id} is ${value} and should be ${expected}`)
  }

  async #try<T>(what: string, result: Promise<T>, ref?: ObjectRef<unknown>): Promise<T | undefined> {
    try {
      return await result
    } catch (error) {
      this.tally.lost++
      const { code = '', message } = error as { code?: string; message: string }
      const why = ref && code === 'GET_TIMEOUT' ? `\n${await this.#mesh.explain(ref)}` : ''
      this.#say(`lost: ${what}: ${code} ${message}${why}`)
      return undefined
    }
  }

  /** Told as well of what others see. */
  violated(what: string): void {
    this.tally.violations++
    this.#say(`violated: ${what}`)
  }
}
