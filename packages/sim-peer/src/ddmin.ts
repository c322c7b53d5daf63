// Delta debugging (Zeller and Hildebrandt's ddmin): the items of a list without any of which it would no
// longer do what it does. Halves are taken out first, then quarters, and so on down to single ones.

/** `does` is asked about shorter lists only: the whole list is known to do it. */
export function ddmin<T>(items: readonly T[], does: (fewer: readonly T[]) => boolean): readonly T[] {
  let kept = items
  for (let size = Math.ceil(kept.length / 2); size > 0;) {
    const fewer = firstThat(without(kept, size), does)
    if (fewer) kept = fewer
    if (size === 1 && !fewer) break
    if (!fewer || size > kept.length) size = Math.min(Math.ceil(size / 2), kept.length)
  }
  return kept
}

function* without<T>(items: readonly T[], size: number): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield [...items.slice(0, from), ...items.slice(from + size)]
}

function firstThat<T>(items: Iterable<T>, is: (item: T) => boolean): T | undefined {
  for (const item of items) if (is(item)) return item
}
