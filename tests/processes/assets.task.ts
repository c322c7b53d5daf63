// What reads the files that came with it.

import { readFile } from 'node:fs/promises'
import { task } from 'murmuration/task'

export async function words(): Promise<string[]> {
  return (await (await task.asset('words.txt')).text()).trim().split(' ')
}

/** For libraries that open files themselves. */
export async function byPath(): Promise<string> {
  const { path = '' } = await task.asset('words.txt')
  return `${path.split('/').at(-1)}: ${await readFile(path, 'utf8')}`
}

export async function inChild(): Promise<number> {
  const { length } = await task.mesh.fn(words)().get()
  return length
}

export async function other(): Promise<string> {
  return (await task.asset('word.txt')).text()
}

export class Reader {
  async count(): Promise<number> {
    return (await words()).length
  }
}
