// `task.asset` gives a Blob. In Node it has a `path` too, for libraries that open files themselves.

import { task } from 'murmuration/task'

/** Read once per worker: a module stays loaded. */
let rows: Promise<Map<string, string>> | undefined

export async function wingspan(bird: string): Promise<string> {
  rows ??= read()
  return `${bird}: ${(await rows).get(bird) ?? '?'} cm`
}

async function read(): Promise<Map<string, string>> {
  const text = await (await task.asset('birds.csv')).text()
  return new Map(text.split('\n').map((line) => line.split(',') as [string, string]))
}
