// The accounts of bank.ts, and the task that moves money between two of them. An account knows nothing of the mesh;
// what makes each call count once is how it is spawned.

import type { Actor } from 'murmuration'

export class Account {
  #amount: number
  #deposits: number

  constructor(amount: number, deposits = 0) {
    this.#amount = amount
    this.#deposits = deposits
  }

  static restore([amount, deposits]: readonly [number, number]): Account {
    return new Account(amount, deposits)
  }

  snapshot(): [number, number] {
    return [this.#amount, this.#deposits]
  }

  /** False when there is not so much. */
  withdraw(amount: number): boolean {
    if (amount > this.#amount) return false
    this.#amount -= amount
    return true
  }

  deposit(amount: number): void {
    this.#amount += amount
    this.#deposits++
  }

  /** What is there, and how often something was put in. */
  statement(): { readonly amount: number; readonly deposits: number } {
    return { amount: this.#amount, deposits: this.#deposits }
  }
}

export interface Between {
  readonly from: Actor<Account>
  readonly to: Actor<Account>
}

/** Dies with its peer and runs again elsewhere, it asks for the same two calls again: they have been answered, or are now. */
export async function transfer({ from, to }: Between, amount: number): Promise<boolean> {
  if (!(await from.withdraw(amount).get())) return false
  await to.deposit(amount).get()
  return true
}
