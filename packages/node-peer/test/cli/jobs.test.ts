// Looking for a job by its name, while somebody who may know of it does not answer.

import { expect, test } from 'vitest'
import type { LifeId } from '@murmuration/core/internal'
import { findJob } from '../../src/cli/jobs.ts'
import type { Answers, Observer } from '../../src/cli/observer.ts'

const row = {
  job: 'sum',
  name: 'sum',
  lifetime: 'detached',
  state: 'kept',
  pending: 0,
  opened: 1,
  names: '{}',
  done: '',
}
const nobody: Answers = { answers: [], silent: [] }
const found: Answers = { answers: [{ from: 'b', life: 'b/1' as LifeId, name: 'owl-77', rows: [row] }], silent: [] }

/** Answers with each in turn, and with the last for ever. */
function answering(...all: readonly Answers[]): Pick<Observer, 'ask'> & { asked: number } {
  const observer = { asked: 0, ask: () => Promise.resolve(all[Math.min(observer.asked++, all.length - 1)] ?? nobody) }
  return observer
}

test('a job whose peer does not answer is looked for until others have taken it over', async () => {
  const observer = answering({ ...nobody, silent: ['lark-19'] }, { ...nobody, silent: ['lark-19'] }, nobody, found)
  const said: string[] = []
  const ways = { say: (sentence: string) => void said.push(sentence), pause: () => Promise.resolve() }
  expect(await findJob(observer, 'sum', ways)).toMatchObject({ name: 'sum', peer: 'owl-77' })
  expect(observer.asked).toBe(4)
  expect(said).toEqual(['no job is named sum so far; looking on while lark-19 may know of it'])
})

test('where everybody has answered it is not looked for again', async () => {
  const observer = answering(nobody)
  await expect(findJob(observer, 'sum')).rejects.toThrow('no job is named sum; nobody has a job with a name')
  expect(observer.asked).toBe(1)
})

test('who stays silent is named when the time is up', async () => {
  const observer = answering({ ...found, silent: ['lark-19'] })
  await expect(findJob(observer, 'sun', { withinMs: 0 })).rejects.toThrow(
    /no job is named sun.*did you mean sum.*lark-19/,
  )
})
