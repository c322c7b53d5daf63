// Which thing a user means who names it on the command line: a task or an actor by the name it was given, or anything by
// how its id begins, when that fits one thing only. It is given what all peers listed and asks nobody.

import { itemIn } from '@murmuration/core/internal'
import type { InspectRow, ObjectId } from '@murmuration/core/internal'
import { plural } from './words.ts'

export interface Listings {
  readonly tasks: readonly InspectRow[]
  readonly objects: readonly InspectRow[]
  readonly actors: readonly InspectRow[]
  /** Names of jobs. */
  readonly jobs: readonly string[]
  /** How many peers that is from. */
  readonly peers: number
}

export type Meant = { readonly id: string } | { readonly why: string }

/** What was given that name goes before what only begins so. */
export function meant(word: string, there: Listings): Meant {
  const named = namedSo(word, there)
  if (named.length > 0)
    return one(named, `${word} is the name of ${named.length} things`, 'Write the id of the one you mean')
  if (there.jobs.includes(word)) {
    const ways = 'murmur list jobs says how far it is, murmur list tasks what it waits for'
    return { why: `${word} is a job, and only tasks, objects and actors are explained; ${ways}` }
  }
  const fitting = beginning(word, there)
  if (fitting.length === 0) {
    const nobody = `none of ${plural(there.peers, 'peer')} knows ${word}`
    return { why: `${nobody}: it was released, or never was. murmur list tasks shows what there is` }
  }
  return one(fitting, `${word} is how ${fitting.length} ids begin`, 'Write more of the one you mean')
}

function namedSo(word: string, { tasks, actors }: Listings): string[] {
  const ids = [...idsOf(tasks, 'task', word), ...idsOf(actors, 'actor', word)]
  return [...new Set(ids)]
}

function idsOf(rows: readonly InspectRow[], column: string, name: string): string[] {
  return rows.filter((row) => row['name'] === name).map((row) => String(row[column]))
}

function beginning(word: string, { tasks, objects, actors }: Listings): string[] {
  const ids = new Set<string>([
    ...tasks.map((row) => String(row['task'])),
    ...actors.map((row) => String(row['actor'])),
  ])
  for (const row of objects) {
    const object = String(row['object']) as ObjectId
    // A task's result carries the task's id, and a stream's items begin with it: whoever names both means the task.
    if (!ids.has(itemIn(object)?.task ?? object)) ids.add(object)
  }
  return [...ids].filter((id) => id.startsWith(word))
}

function one(ids: readonly string[], many: string, way: string): Meant {
  const [only] = ids
  if (ids.length === 1 && only !== undefined) return { id: only }
  const more = ids.length > 3 ? ', …' : ''
  return { why: `${many}: ${ids.slice(0, 3).join(', ')}${more}. ${way}` }
}
