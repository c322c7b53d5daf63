// `murmur explain`: what a task or an object waits for. Ids are long, so their beginning will do when it
// fits one thing only.

import { isMeshError, MeshError } from '@murmuration/core/internal'
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
    const whole = (await isKnown(observer, id)) ?? (await wholeId(observer, id))
    return { id: whole, text: await observer.mesh.explain(whole) }
  })
  if (common.json === true) printJson({ id: found.id, lines: found.text.split('\n').map(treeLine) })
  else print(found.text)
  return 0
}

function treeLine(line: string): { depth: number; text: string } {
  const text = line.trimStart()
  return { depth: (line.length - text.length) / 2, text }
}

async function isKnown({ mesh }: Observer, id: string): Promise<string | null> {
  try {
    await mesh.explain(id)
    return id
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
