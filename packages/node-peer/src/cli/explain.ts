// `murmur explain`: what a task or an object waits for, and what happened to it. Ids are long, so their
// beginning will do when it fits one thing only.

import { isMeshError, MeshError } from '@murmuration/core/internal'
import type { StoryLine } from '@murmuration/core/internal'
import type { Common } from './arguments.ts'
import { UsageError } from './failure.ts'
import type { Observer } from './observer.ts'
import { observe } from './observer.ts'
import { print, printJson } from './table.ts'
import { plural } from './words.ts'

export async function explain(id: string, common: Common): Promise<number> {
  if (id.trim() === '')
    throw new UsageError('explain what? Name a task or an object: murmur list tasks shows their ids')
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

async function wholeId(observer: Observer, start: string): Promise<string> {
  const [tasks, objects] = await Promise.all([
    observer.ask({ what: 'tasks', id: null, limit: 10_000 }),
    observer.ask({ what: 'objects', id: null, limit: 10_000 }),
  ])
  const ids = new Set<string>()
  for (const { rows } of tasks.answers) for (const row of rows) ids.add(String(row['task']))
  // A task's result carries the task's id: whoever names both means the task.
  for (const { rows } of objects.answers)
    for (const row of rows) if (!ids.has(String(row['object']).replace(/\/\d+$/, ''))) ids.add(String(row['object']))
  const fitting = [...ids].filter((id) => id.startsWith(start))
  const [only] = fitting
  if (fitting.length === 1 && only !== undefined) return only
  const asked = tasks.answers.length
  if (fitting.length === 0)
    throw new MeshError(
      'NOT_FOUND',
      `none of ${plural(asked, 'peer')} knows ${start}: it was released, or never was. murmur list tasks shows what there is`,
    )
  const some = fitting.slice(0, 3).join(', ')
  throw new MeshError(
    'NOT_FOUND',
    `${start} is how ${fitting.length} ids begin: ${some}${fitting.length > 3 ? ', …' : ''}. Write more of the one you mean`,
  )
}
