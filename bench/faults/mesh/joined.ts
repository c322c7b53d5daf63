// How the programs of this directory join: nothing runs in them, they tell of every death, and they
// begin once they have met everybody and everybody has run the code once, so that what is timed is neither joining
// nor bundling nor the start of a worker.

import { joinMesh } from 'murmuration'
import type { Mesh, Scope, Tasks } from 'murmuration'
import { NotThere } from '../case.ts'
import type * as work from './faults.task.ts'
import { say } from './said.ts'

export interface ProgramOrder {
  readonly entry: readonly string[]
  /** How many others there are to meet. */
  readonly others: number
  /** Where tasks leave their lines. */
  readonly runs: string
}

const module = new URL('./faults.task.ts', import.meta.url)

export const use = (scope: Scope): Promise<Tasks<typeof work>> => scope.use<typeof work>(module)

export async function join({ entry, others }: ProgramOrder): Promise<Mesh> {
  const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh', taskOutput: 'none' })
  mesh.addEventListener('peer:died', ({ detail: { peer } }) => say({ type: 'died', peer, at: Date.now() }))
  await met(mesh, others)
  return mesh
}

/** Every peer with a slot has run something of the module. */
export async function warm(mesh: Mesh): Promise<void> {
  const { busy } = await use(mesh)
  const at = mesh.peers().filter(({ slots }) => slots > 0)
  await mesh.get(at.map(({ id }) => busy.with({ needs: { peer: id } })(-1, 1, '/dev/null')))
}

function met(mesh: Mesh, others: number): Promise<void> {
  const here = (): number => mesh.peers().filter(({ isSelf, state }) => !isSelf && state === 'alive').length
  return new Promise((resolve) => {
    const look = (): void => {
      if (here() < others) return
      mesh.removeEventListener('peer:joined', look)
      resolve()
    }
    mesh.addEventListener('peer:joined', look)
    look()
  })
}

/** What a job has beyond the verbs of a mesh, as it is designed. */
export interface NamedJob extends Scope {
  ref<T>(name: string): { get(options?: { timeoutMs?: number }): Promise<T> }
}

type OpenJob = (name: string, options?: { lifetime?: 'attached' | 'detached' }) => Promise<NamedJob>

const takenMs = 10_000

/**
 * A job by name. A submitter that was killed a moment ago may still count as living: whoever runs a program again would try again,
 * and so is done here, for a while. Throws NotThere where the mesh knows no jobs.
 */
export async function openJob(mesh: Mesh, name: string, options?: { lifetime: 'detached' }): Promise<NamedJob> {
  const { job } = mesh as Mesh & { job?: OpenJob }
  if (typeof job !== 'function') throw new NotThere('mesh.job is not there yet')
  const until = Date.now() + takenMs
  for (;;) {
    try {
      return await job.call(mesh, name, options)
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      if (code === undefined) throw error
      if (code !== 'NAME_TAKEN' || Date.now() > until) throw new NotThere(`mesh.job: ${code}: ${message}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Runs a program; what is not there is said rather than thrown. */
export async function orSay(program: () => Promise<void>): Promise<void> {
  try {
    await program()
  } catch (error) {
    if (!(error instanceof NotThere)) throw error
    say({ type: 'not there', why: error.message })
  }
}
