// Named jobs, as all peers together know them: whoever answers for one says so, and of several who do
// (two sides of a cut, a program that has just taken over) the one that is furthest with it, or knows of its last run.

import { didYouMean, jobInfo } from '@murmuration/core/internal'
import type { JobInfo, LifeId } from '@murmuration/core/internal'
import { UsageError } from './failure.ts'
import { footnote } from './observer.ts'
import type { Observer } from './observer.ts'

export interface NamedJob extends JobInfo {
  /** The name of the peer that answers for it, and its life. */
  readonly peer: string
  readonly life: LifeId
  /** How often a program has opened it, as far as that peer knows. */
  readonly opened: number
}

export interface NamedJobs {
  readonly jobs: readonly NamedJob[]
  readonly silent: readonly string[]
}

export async function namedJobs(observer: Observer): Promise<NamedJobs> {
  const { answers, silent } = await observer.ask({ what: 'jobs', id: null, limit: 10_000 })
  const jobs = new Map<string, NamedJob>()
  for (const { rows, name: peer, life } of answers) {
    for (const job of rows.map((row) => ({ ...jobInfo(row), opened: Number(row['opened']), peer, life }))) {
      const known = jobs.get(job.name)
      if (!known || isFurther(job, known)) jobs.set(job.name, job)
    }
  }
  return { jobs: [...jobs.values()].sort((a, b) => a.name.localeCompare(b.name)), silent }
}

function isFurther(one: NamedJob, other: NamedJob): boolean {
  const ahead = states.indexOf(other.state) - states.indexOf(one.state)
  return ahead > 0 || (ahead === 0 && one.opened > other.opened)
}

/** Whose program is there counts first. */
const states: readonly JobInfo['state'][] = ['open', 'running', 'kept']

/** Throws a UsageError with the names there are. */
export function jobNamed({ jobs, silent }: NamedJobs, name: string): NamedJob {
  const found = jobs.find((job) => job.name === name)
  if (found) return found
  const known = jobs.map((job) => job.name)
  const there = known.length === 0 ? 'nobody has a job with a name' : `there are ${listed(known)}`
  const unheard = footnote(silent).trim()
  throw new UsageError(
    `no job is named ${name}${didYouMean(name, known)}; ${there}${unheard === '' ? '' : `; ${unheard}`}`,
  )
}

const namesListed = 10

export function listed(names: readonly string[]): string {
  const more = names.length - namesListed
  return names.slice(0, namesListed).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
