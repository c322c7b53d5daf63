// The meshes that this process has joined and not left. Two things look at them: `murmur run`, which
// leaves them when a program has ended, and a watch that says so when a program has ended and only
// the mesh keeps it from exiting. The list hangs on the global object, since a program and the
// command that runs it may each have their own copy of this package.

import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Mesh, Peer } from '@murmuration/core/internal'

export interface OpenMesh {
  /** Somebody in this program waits for something of it. */
  isBusy(): boolean
  /** How many of the program's tasks have no outcome yet. Absent in older copies. */
  unsettled?(): number
  leave(): Promise<void>
}

const registry = Symbol.for('murmuration.openMeshes.1')
const globals = globalThis as { [registry]?: Set<OpenMesh> }

/** Every copy of this package adds to the same set. */
export function allOpen(): Set<OpenMesh> {
  return (globals[registry] ??= new Set())
}

const lookMs = 1_000
const idleMs = 10_000

export const openMeshes = {
  /** Follows the mesh until it is left. */
  add(mesh: Mesh, peer: Peer): void {
    const underway = count(mesh)
    const open: OpenMesh = {
      isBusy: () => underway() > 0 || peer.waiting > 0,
      unsettled: () => unsettled(peer),
      leave: () => mesh.leave(),
    }
    allOpen().add(open)
    const stop = watchIdleness(peer, open)
    peer.onStop(() => {
      stop()
      allOpen().delete(open)
    })
  },
}

/** Of the program itself, and of no named job: what its tasks asked for ends with them, what has a name is kept. */
function unsettled({ state }: Peer): number {
  let count = 0
  for (const { state: at, spec } of state.tasks.all())
    if (at !== 'settled' && spec.depth === 0 && !state.jobs.get(spec.context)) count++
  return count
}

/** Counts the verbs that work before they wait for the mesh. */
function count(mesh: Mesh): () => number {
  let underway = 0
  const counted = <A extends unknown[], R>(verb: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => {
      underway++
      return verb(...args).finally(() => underway--)
    }
  }
  // The verbs need no `this`.
  const { use, put } = mesh as Record<'use' | 'put', (...args: unknown[]) => Promise<unknown>>
  Object.assign(mesh, { use: counted(use), put: counted(put) })
  return () => underway
}

/** Says once that the program could leave. A peer that was never asked for anything serves others, and is left in peace. */
function watchIdleness(peer: Peer, open: OpenMesh): () => void {
  let idleSince = performance.now()
  let seen = 0
  const timer = setInterval(() => {
    const now = performance.now()
    const { counters, tasks, executor } = peer.state
    const asked = counters.submitted + counters.executions
    const isIdle = asked === seen && tasks.pending === 0 && executor.size === 0 && !open.isBusy()
    seen = asked
    if (!isIdle || !onlyMeshesAreOpen()) idleSince = now
    if (counters.submitted === 0 || now - idleSince < idleMs) return
    clearInterval(timer)
    process.stderr.write(
      'murmuration: this program has been idle for 10 s and only its mesh keeps it from ending: call await mesh.leave() at its end, or start it with murmur run\n',
    )
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** What each mesh keeps open at most, by Node's names for it; sockets and workers come and go. */
const ofEachMesh: Readonly<Record<string, number>> = {
  TCPServerWrap: 2,
  Timeout: 1,
  TCPSocketWrap: Number.POSITIVE_INFINITY,
  MessagePort: Number.POSITIVE_INFINITY,
  Worker: Number.POSITIVE_INFINITY,
}

/** Anything beyond that is the program's own, and a reason to stay. */
function onlyMeshesAreOpen(): boolean {
  const open = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) open.set(name, (open.get(name) ?? 0) + 1)
  const most = (name: string): number => standardStreams(name) + (ofEachMesh[name] ?? 0) * allOpen().size
  return [...open].every(([name, count]) => count <= most(name)) && !isInputRead(open)
}

/** How many of stdin, stdout and stderr Node calls so. They keep nothing from ending, unless input is waited for. */
function standardStreams(name: string, fds: readonly number[] = [0, 1, 2]): number {
  return fds.filter((fd) => nameOf(fd) === name).length
}

function nameOf(fd: number): string | null {
  if (isatty(fd)) return 'TTYWrap'
  try {
    const stats = fstatSync(fd)
    return stats.isFIFO() || stats.isSocket() ? 'PipeWrap' : null
  } catch {
    return null
  }
}

/** Somebody is asked something, or sends something. Looking at stdin opens it: only where it is open already. */
function isInputRead(open: ReadonlyMap<string, number>): boolean {
  const name = nameOf(0)
  if (name === null || (open.get(name) ?? 0) <= standardStreams(name, [1, 2])) return false
  return process.stdin.readableFlowing === true || process.stdin.listenerCount('readable') > 0
}
