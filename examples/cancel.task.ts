// It listens: here an API takes the signal; between two steps, `task.signal.throwIfAborted()` does. Who does neither loses
// the worker 2 s later.

import { setTimeout } from 'node:timers/promises'
import { task } from 'murmuration/task'

export async function search(): Promise<never> {
  for (;;) await setTimeout(20, undefined, { signal: task.signal })
}
