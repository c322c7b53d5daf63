// Who reads its argument, and who writes into it.

export function total(list: readonly number[]): number {
  return list.reduce((sum, n) => sum + n, 0)
}

export async function takeLast(_of: string, list: number[]): Promise<number> {
  await Promise.resolve()
  return list.pop() ?? 0
}

export class Keeper {
  readonly #list: number[]

  constructor(list: number[]) {
    this.#list = list
  }

  takeLast(): number {
    return this.#list.pop() ?? 0
  }
}
