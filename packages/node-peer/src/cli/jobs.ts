// Named jobs, as all peers together know them: whoever answers for one says so, and of several who do
// (two sides of a cut, a program that has just taken over) the one that is furthest with it, or knows of its last run.

import { setTimeout as realPause } from 'node:timers/promises'
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

export async function namedJobs(observer: Pick<Observer, 'ask'>): Promise<NamedJobs> {
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

/** How long a job that nobody knows of is looked for, while somebody who may have known of it does not answer. */
const takenOverMs = 20_000
/** News of a death is everywhere by then. */
const verdictMs = 3_000
const againMs = 200

export interface FindWays {
  readonly withinMs?: number | undefined
  /** Told once what it waits for. Default: to the terminal. */
  readonly say?: ((sentence: string) => void) | undefined
  readonly pause?: ((ms: number) => Promise<unknown>) | undefined
}

/**
 * Whoever answered for it may have died a moment ago, and others take over what it had once they are sure: while somebody is
 * silent it is asked again. Throws a UsageError with the names there are.
 */
export async function findJob(
  observer: Pick<Observer, 'ask'>,
  name: string,
  { withinMs = takenOverMs, say = toTerminal, pause = realPause }: FindWays = {},
): Promise<NamedJob> {
  const until = performance.now() + Math.min(withinMs, takenOverMs)
  // Who is silent no more is known to be dead here; those who take over may hear of it a little later.
  let mayComeUntil = 0
  for (;;) {
    const found = await namedJobs(observer)
    const now = performance.now()
    if (found.jobs.some((job) => job.name === name)) return jobNamed(found, name)
    if (found.silent.length > 0) {
      if (mayComeUntil === 0 && now < until)
        say(`no job is named ${name} so far; looking on while ${listed(found.silent)} may know of it`)
      mayComeUntil = now + verdictMs
    }
    if (now >= Math.min(until, mayComeUntil)) return jobNamed(found, name)
    await pause(againMs)
  }
}

function toTerminal(sentence: string): void {
  process.stderr.write(`murmur: ${sentence}\n`)
}

/** Throws a UsageError with the names there are. */
function jobNamed({ jobs, silent }: NamedJobs, name: string): NamedJob {
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
