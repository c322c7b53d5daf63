// An actor that runs anywhere, pages included.

import { task } from 'murmuration/task'

export class Tally {
  #total: number

  constructor(total: number) {
    this.#total = total
  }

  static restore(total: number): Tally {
    return new Tally(total)
  }

  snapshot(): number {
    return this.#total
  }

  add(n: number): number {
    this.#total += n
    return this.#total
  }

  /** By a task of its own, which may run in another tab. */
  async addTwice(n: number): Promise<number> {
    return this.add(await task.mesh.fn(twice)(n).get())
  }
}

export async function labels(): Promise<string[]> {
  return JSON.parse(await (await task.asset('labels.json')).text()) as string[]
}

export function twice(n: number): number {
  return 2 * n
}
