// Promises for jobs that are being opened: the machine says when what was done before is here, or who
// has the job. One program of a peer has a job at a time.

import type { ContextId } from '../model/ids.ts'
import type { Effect, PeerEvent } from '../model/events.ts'
import { MeshError } from '../errors.ts'

interface Opening {
  readonly name: string
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class OpenJobs {
  readonly #post: (event: PeerEvent) => void
  readonly #opening = new Map<ContextId, Opening>()
  readonly #open = new Set<ContextId>()

  constructor(post: (event: PeerEvent) => void) {
    this.#post = post
  }

  /** Rejects with MeshError NAME_TAKEN while a program has it, here or elsewhere. */
  open(context: ContextId, name: string, detached: boolean): Promise<void> {
    if (this.#open.has(context)) {
      const way = 'use the job that it opened, or close that one first'
      return Promise.reject(new MeshError('NAME_TAKEN', `job ${name} is open in this very program: ${way}`))
    }
    this.#open.add(context)
    return new Promise((resolve, reject) => {
      this.#opening.set(context, { name, resolve, reject })
      this.#post({ type: 'job', context, name, detached })
    })
  }

  opened({ context, takenBy }: Extract<Effect, { type: 'job-opened' }>): void {
    const opening = this.#opening.get(context)
    if (!opening) return
    this.#opening.delete(context)
    if (takenBy === null) return opening.resolve()
    this.#open.delete(context)
    const way = 'wait until it ends, or give this job another name'
    opening.reject(new MeshError('NAME_TAKEN', `job ${opening.name} is open in a program on ${takenBy}: ${way}`))
  }

  close(context: ContextId): void {
    if (this.#open.delete(context)) this.#post({ type: 'close-job', context })
  }

  fail(error: Error): void {
    for (const { reject } of this.#opening.values()) reject(error)
    this.#opening.clear()
  }
}
