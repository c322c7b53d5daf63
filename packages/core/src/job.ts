// A job with a name, as a program holds it: the same verbs as the mesh's, whose ids are derived from
// what is asked for. No decisions: who has the job, and what of it is done, the machine finds out.

import { MeshError } from './errors.ts'
import type { ContextId } from './model/ids.ts'
import { clip } from './model/limits.ts'
import { invalid, name as nameRule } from './option-rules.ts'
import { checkOptions, jobRules } from './options.ts'
import { assertMember } from './runtime/duties.ts'
import type { CodePort } from './runtime/code-port.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'
import type { Sha256 } from './runtime/ports.ts'
import type { JobRow } from './state/jobs.ts'
import { isBare } from './state/jobs.ts'
import { didYouMean } from './nearest.ts'
import { createScope } from './scope.ts'
import type { ObjectRef, Scope } from './types.ts'

/** Options of `mesh.job`. */
export interface JobOptions {
  /**
   * `attached` (default): what is not done waits until the program is run again. `detached`: it is done with the program gone,
   * so it is carried by its tasks; read it with `ref(name)`, or `murmur result`. A job that is detached stays so, however it is opened.
   */
  lifetime?: 'attached' | 'detached' | undefined
}

/**
 * Work under a name. A program that crashed is simply run again: what it had asked for is found, done or running, and not done twice.
 *
 * @example
 * const job = await mesh.job('render-42')
 * const tiles = await job.use<typeof import('./tiles.task.ts')>(new URL('./tiles.task.ts', import.meta.url))
 * await job.get(inputs.map((at) => tiles.render(at)))
 */
export interface Job extends Scope, AsyncDisposable {
  readonly name: string
  /** A task or a put that was given that name in this job, now or in an earlier run. Throws NOT_FOUND with the names there are. */
  ref<T>(name: string): ObjectRef<T>
  /** Stops it for good: what runs is cancelled, what was done is let go. */
  cancel(reason?: string): Promise<void>
}

export interface JobInit {
  readonly peer: PeerBeneath
  readonly code: CodePort
  readonly sha256: Sha256
  readonly warn?: ((line: string) => void) | undefined
  readonly mapStack?: ((stack: string) => string) | undefined
  /** Those that are open: whoever leaves closes them first. */
  readonly open: Set<AsyncDisposable>
}

/** Throws MeshError INVALID_OPTION; rejects with NAME_TAKEN while another program has it. */
export async function openJob(init: JobInit, name: string, options: JobOptions = {}): Promise<Job> {
  if (!nameRule.ok(name)) throw invalid(`job: expected its name, ${nameRule.expected}`)
  checkOptions('job', options, jobRules)
  const { peer, code, warn, mapStack } = init
  assertMember(peer.admission.role, 'open jobs')
  const context = contextOf(name, init.sha256)
  await peer.jobs.open(context, name, options.lifetime === 'detached')
  const port = peer.openContext(context, { runsAgain: true })
  const scope = createScope({ port, code, warn, mapStack })
  const { use, fn, put, get, wait, settled, all, map, actor, kill } = scope
  let isClosed = false
  const close = (why: string): void => {
    if (isClosed) return
    isClosed = true
    init.open.delete(job)
    scope.close(new MeshError('MESH_LEFT', `job ${name} was ${why}; open it again for more work`))
    peer.jobs.close(context)
    port.close()
  }
  const job: Job = {
    use,
    fn,
    put,
    get,
    wait,
    settled,
    all,
    map,
    actor,
    kill,
    name,
    ref: (of) => scope.refTo(linkTo(peer, peer.state.jobs.get(context), { job: name, of }), of) as never,
    async cancel(reason = 'its program stopped it') {
      peer.post({ type: 'end-job', context, reason: clip(reason) })
      close('stopped')
    },
    async [Symbol.asyncDispose]() {
      await scope.flushed()
      close('closed')
    },
  }
  init.open.add(job)
  return job
}

/** Equal for equal names in the whole mesh. */
export function contextOf(name: string, sha256: Sha256): ContextId {
  return `job-${sha256(JSON.stringify(['job', name])).slice(0, 32)}` as ContextId
}

function linkTo(
  { self }: PeerBeneath,
  row: JobRow | undefined,
  { job, of }: { job: string; of: string },
): { object: never; owner: PeerBeneath['self'] } {
  const object = row?.names.get(of)
  if (object !== undefined) return { object: object as never, owner: self }
  const known = [...(row?.names.keys() ?? [])]
  throw new MeshError(
    'NOT_FOUND',
    `ref: nothing is named ${of} in job ${job}${didYouMean(of, known)}; ${there(row, known)}`,
  )
}

function there(row: JobRow | undefined, known: readonly string[]): string {
  if (known.length > 0) return `there are ${known.slice(0, 20).join(', ')}`
  return row === undefined || isBare(row)
    ? 'nothing was ever asked of that job before (murmur list jobs: what jobs there are)'
    : 'nothing in it has a name'
}
