// `murmur explain`: what a task, an object or an actor waits for, and what happened to it. Ids are long, so that how
// they begin will do, or a name; whole-id.ts decides which is meant.

import { isMeshError, MeshError } from '@murmuration/core/internal'
import type { InspectRow, StoryLine } from '@murmuration/core/internal'
import type { Common } from './arguments.ts'
import { UsageError } from './failure.ts'
import { namedJobs } from './jobs.ts'
import type { Answers, Observer } from './observer.ts'
import { observe } from './observer.ts'
import { print, printJson } from './table.ts'
import { meant } from './whole-id.ts'

export async function explain(id: string, common: Common): Promise<number> {
  if (id.trim() === '')
    throw new UsageError('explain what? Name a task, an object or an actor: murmur list tasks shows their ids')
  const found = await observe(common, async (observer) => {
    const here = await look(observer, id)
    return here ?? (await look(observer, await wholeId(observer, id)))
  })
  if (found === null) throw new MeshError('NOT_FOUND', `${id} was released just now`)
  const { tree, story } = found
  if (common.json === true)
    printJson({ id: found.id, lines: tree === null ? [] : tree.split('\n').map(treeLine), story })
  else print([tree, storyText(story)].filter((text) => text !== null && text !== '').join('\n\n'))
  return 0
}

interface Found {
  readonly id: string
  /** Null: nobody answers for it any more. */
  readonly tree: string | null
  readonly story: readonly StoryLine[]
}

/** Null when nobody knows anything of it. */
async function look({ mesh }: Observer, id: string): Promise<Found | null> {
  const [tree, story] = await Promise.all([known(mesh.explain(id)), known(mesh.story(id))])
  return tree === null && story === null ? null : { id, tree, story: story ?? [] }
}

function treeLine(line: string): { depth: number; text: string } {
  const text = line.trimStart()
  return { depth: (line.length - text.length) / 2, text }
}

/** A line for each, with who tells it. */
function storyText(lines: readonly StoryLine[]): string {
  const width = Math.max(0, ...lines.map(({ peer }) => peer.length))
  return lines
    .map(
      ({ sinceMs, peer, text }) =>
        `${`+${(sinceMs / 1_000).toFixed(3)} s`.padStart(10)}  ${peer.padEnd(width)}  ${text}`,
    )
    .join('\n')
}

async function known<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (isMeshError(error) && error.code === 'NOT_FOUND') return null
    throw error
  }
}

async function wholeId(observer: Observer, word: string): Promise<string> {
  const whole = (what: 'tasks' | 'objects' | 'actors') => observer.ask({ what, id: null, limit: 10_000 })
  const [tasks, objects, actors, { jobs }] = await Promise.all([
    whole('tasks'),
    whole('objects'),
    whole('actors'),
    namedJobs(observer),
  ])
  const rows = ({ answers }: Answers): InspectRow[] => answers.flatMap((answer) => answer.rows)
  const found = meant(word, {
    tasks: rows(tasks),
    objects: rows(objects),
    actors: rows(actors),
    jobs: jobs.map(({ name }) => name),
    peers: tasks.answers.length,
  })
  if ('id' in found) return found.id
  throw new MeshError('NOT_FOUND', found.why)
}
