// A task that asks whether it is still wanted, and tells how far it is: with-task.ts tests it.

import { task } from 'murmuration/task'

export function count(items: readonly string[]): number {
  let counted = 0
  for (const item of items) {
    task.signal.throwIfAborted()
    task.progress(++counted / items.length, item)
  }
  return counted
}
