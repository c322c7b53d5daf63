// The door for code that runs inside a task. It works outside a mesh too, so that a task module stays a
// plain module that tests can call: the signal never aborts, log prints, and only `mesh` needs a mesh.

import { MeshError } from './errors.ts'
import { type CurrentTask, taskGlobal } from './runtime/task-global.ts'
import type { Scope } from './types.ts'

export type { AssetFile, CurrentTask } from './runtime/task-global.ts'

const never = new AbortController().signal

/** What the running task can do and know. */
export interface Task extends CurrentTask {
  /** This task's own: take it before the first await where several run at once. */
  readonly current: CurrentTask
}

const outside: CurrentTask = {
  id: 'outside',
  attempt: 1,
  signal: never,
  get mesh(): Scope {
    throw new MeshError(
      'NOT_IN_TASK',
      'task.mesh: no task is running here; call the function through a mesh, or give it one with withTask',
    )
  },
  progress: () => {},
  log: (...parts) => console.log(...parts),
  asset: async (name) => {
    const way = `give the function one: withTask({ asset: async () => new Blob(['…']) }, …)`
    throw new MeshError('NOT_IN_TASK', `task.asset(${JSON.stringify(name)}): no task is running here; ${way}`)
  },
}

const current = (): CurrentTask => taskGlobal().current ?? outside

/**
 * The task that is running.
 *
 * @example
 * import { task } from 'murmuration/task'
 * export async function train(rows: number[]) {
 *   for (const [i, row] of rows.entries()) {
 *     task.signal.throwIfAborted()
 *     task.progress(i / rows.length)
 *   }
 * }
 */
export const task: Task = {
  get id() {
    return current().id
  },
  get attempt() {
    return current().attempt
  },
  get signal() {
    return current().signal
  },
  get mesh() {
    return current().mesh
  },
  get current() {
    return current()
  },
  progress: (fraction, note) => current().progress(fraction, note),
  log: (...parts) => current().log(...parts),
  asset: (name) => current().asset(name),
}

/**
 * Runs `f` as if inside a task, for tests. What `fake` leaves out is as outside a mesh.
 *
 * @example
 * await withTask({ signal: AbortSignal.abort() }, () => train(rows))
 */
export async function withTask<T>(fake: Partial<CurrentTask>, f: () => T): Promise<Awaited<T>> {
  const place = taskGlobal()
  const before = place.current
  place.current = Object.defineProperties(Object.create(outside) as CurrentTask, Object.getOwnPropertyDescriptors(fake))
  try {
    return await f()
  } finally {
    place.current = before
  }
}
