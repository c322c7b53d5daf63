// Runs the cases, interleaved and everybody of a case one after another, so that a slow minute of the
// machine falls on all of them; makes of several runs the medians of the times and the worst of the counts.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summarise, type Summary } from '../measure.ts'
import { processGroup } from '../processes.ts'
import { type CaseContext, type Contestant, type FaultCase, NotThere } from './case.ts'
import { type Facts, type Mark, readMarks } from './facts.ts'
import { type Figures, jobFigures, readingFigures } from './figures.ts'
import type { Other } from './others.ts'

export type Outcome =
  | { readonly type: 'figures'; readonly figures: Figures; readonly note: string }
  /** What it cannot do, in its own words. */
  | { readonly type: 'not there'; readonly why: string }
  | { readonly type: 'failed'; readonly why: string }

/** All runs of one case by one contestant. */
export interface Series {
  readonly of: FaultCase
  readonly contestant: Contestant
  readonly outcomes: Outcome[]
}

export interface FaultOptions {
  readonly runs: number
  readonly others: readonly Other[]
  readonly say: (line: string) => void
}

export async function measureFaults(
  cases: readonly FaultCase[],
  { runs, others, say }: FaultOptions,
): Promise<Series[]> {
  const all = cases.flatMap((of) => [
    { of, contestant: 'mesh' as const, outcomes: [], run: of.run },
    ...others
      .filter(({ name }) => of.others.includes(name))
      .map((other) => ({
        of,
        contestant: other.name,
        outcomes: [],
        run: (context: CaseContext) => other.run(of.name, context),
      })),
  ])
  const series: (Series & Pick<FaultCase, 'run'>)[] = all
  for (let run = 1; run <= runs; run += 1) {
    for (const one of series) {
      // Who cannot do it, or of the others has not finished or has lost something, is not asked again: that takes minutes.
      if (one.outcomes.some((outcome) => isHopeless(outcome, one.contestant))) continue
      say(`run ${run} of ${runs}: ${one.of.name}, ${one.contestant}`)
      const outcome = await once(one)
      one.outcomes.push(outcome)
      if (outcome.type !== 'figures') say(`  ${outcome.type}: ${outcome.why}`)
      else if (outcome.note !== '') say(`  ${outcome.note}`)
    }
  }
  return series
}

function isHopeless(outcome: Outcome, contestant: Contestant): boolean {
  if (outcome.type !== 'figures') return outcome.type === 'not there'
  const { makespanMs, readableMs } = outcome.figures
  return contestant !== 'mesh' && makespanMs === null && readableMs === null
}

async function once({ of, run }: { of: FaultCase; run: FaultCase['run'] }): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'murmuration-faults-'))
  const runs = join(directory, 'runs')
  // A home of its own: no peer of the user's is joined, no cache is warm.
  const processes = processGroup({ MURMURATION_HOME: directory })
  const marks = async (): Promise<Mark[]> => readMarks(await readFile(runs, 'utf8').catch(() => ''))
  try {
    const facts = await run({ start: processes.start, directory, runs, marks })
    return { type: 'figures', figures: figuresOf(of, facts, await marks()), note: facts.note ?? '' }
  } catch (error) {
    // One case that fails is no reason to lose the others.
    return { type: error instanceof NotThere ? 'not there' : 'failed', why: (error as Error).message }
  } finally {
    await processes.end()
    await rm(directory, { recursive: true, force: true })
  }
}

function figuresOf({ work }: FaultCase, facts: Facts, marks: readonly Mark[]): Figures {
  return work === null ? readingFigures(facts) : jobFigures(work, facts, marks)
}

export type Summaries = { readonly [K in keyof Figures]: Summary | null }

/** Null when no run gave figures. */
export function summariesOf({ outcomes }: Series): Summaries | null {
  const given = outcomes.flatMap((outcome) => (outcome.type === 'figures' ? [outcome.figures] : []))
  const [first] = given
  if (!first) return null
  const keys = Object.keys(first) as (keyof Figures)[]
  const of = (key: keyof Figures): Summary | null => {
    const values = given.map((figures) => figures[key]).filter((value) => value !== null)
    return values.length === 0 ? null : summarise(values)
  }
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as unknown as Summaries
}

/** Whether every run gave figures, and they are what is promised: the medians of the times, the worst of the counts. */
export function isKept(series: Series): boolean {
  const summaries = summariesOf(series)
  if (!summaries || series.outcomes.some(({ type }) => type !== 'figures')) return false
  const { makespanMs, idealMs, ratio, detectedMs, resumedMs, readableMs, lost, beyond, newcomer } = summaries
  return series.of.kept({
    makespanMs: makespanMs?.median ?? null,
    idealMs: idealMs?.median ?? null,
    ratio: ratio?.median ?? null,
    detectedMs: detectedMs?.median ?? null,
    resumedMs: resumedMs?.median ?? null,
    readableMs: readableMs?.median ?? null,
    lost: lost?.most ?? 0,
    beyond: beyond?.most ?? null,
    newcomer: newcomer?.least ?? null,
  })
}
