// A set that costs nothing until something is put in. Rows have several sets each and most of them
// stay empty for life; a real Set takes some two hundred bytes before it holds anything.

export class LazySet<T> {
  #set: Set<T> | null = null

  get size(): number {
    return this.#set?.size ?? 0
  }

  add(value: T): void {
    this.#set ??= new Set()
    this.#set.add(value)
  }

  has(value: T): boolean {
    return this.#set?.has(value) ?? false
  }

  delete(value: T): boolean {
    return this.#set?.delete(value) ?? false
  }

  clear(): void {
    this.#set = null
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#set ?? nothing)[Symbol.iterator]() as Iterator<T>
  }
}

const nothing: readonly never[] = []
