// `murmur stop`: ends a named job for good, wherever it runs and wherever anything of it is kept. Peers
// that do not answer hear of it as soon as they can.

import type { Common } from './arguments.ts'
import { findJob, namedJobs } from './jobs.ts'
import { footnote, observe } from './observer.ts'
import { print, printJson } from './table.ts'
import { plural } from './words.ts'

export async function stop(name: string, common: Common): Promise<number> {
  const { job, silent } = await observe(common, async (observer) => {
    const job = await findJob(observer, name)
    observer.endJob(name, 'murmur stop')
    // They answer after they have stopped it.
    const { silent } = await namedJobs(observer)
    return { job, silent }
  })
  const { pending, peer, state } = job
  if (common.json === true) {
    printJson({ stopped: name, peer, was: state, cancelled: pending, unanswered: silent })
    return 0
  }
  print(`stopped ${name}, which ${peer} had: ${plural(pending, 'task')} cancelled, what was done is let go`)
  if (silent.length > 0) print(footnote(silent))
  return 0
}
