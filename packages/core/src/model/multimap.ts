// A map from a key to several values: the reverse index that most tables need once or twice. Nearly
// every key has just one value, so a set is made only for the second.

export class Multimap<K, V extends string | number> {
  readonly #values = new Map<K, V | Set<V>>()

  get size(): number {
    return this.#values.size
  }

  add(key: K, value: V): void {
    const known = this.#values.get(key)
    if (known === undefined) this.#values.set(key, value)
    else if (known instanceof Set) known.add(value)
    else if (known !== value) this.#values.set(key, new Set([known, value]))
  }

  delete(key: K, value: V): void {
    const known = this.#values.get(key)
    if (known instanceof Set) {
      known.delete(value)
      if (known.size === 0) this.#values.delete(key)
    } else if (known === value) this.#values.delete(key)
  }

  has(key: K): boolean {
    return this.#values.has(key)
  }

  /** A copy: safe to change the map while going through it. */
  of(key: K): V[] {
    const known = this.#values.get(key)
    if (known === undefined) return []
    return known instanceof Set ? [...known] : [known]
  }

  take(key: K): V[] {
    const values = this.of(key)
    this.#values.delete(key)
    return values
  }

  keys(): IterableIterator<K> {
    return this.#values.keys()
  }
}
