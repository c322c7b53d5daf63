// The page for those who come from Ray: every scenario of the list has one row, what shows it is there, and its head counts
// right.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { docs, areThere, testsIn } from './links.ts'

const text = readFileSync(join(docs, 'ray-scenarios.md'), 'utf8')
const rows = [...text.matchAll(/^\| (\d+) \| (.+?) \| (.+) \|$/gm)].map(([, number, scenario, here]) => ({
  number: Number(number),
  scenario: scenario ?? '',
  here: here ?? '',
}))

const differs = rows.filter(({ here }) => here.startsWith('**Differs.** '))
const beside = rows.filter(({ here }) => here.startsWith('**Not applicable.** '))
const shown = rows.filter(({ here }) => !here.startsWith('**'))

test('every number of the list has one row, in order', () => {
  // Every fourth fell out of it.
  const numbers = Array.from({ length: 275 }, (_, at) => at + 1).filter((number) => number % 4 !== 0)
  expect(rows.map(({ number }) => number)).toEqual(numbers)
})

test('a scenario is shown, differs, or is not applicable, and the head counts them', () => {
  expect(shown.length + differs.length + beside.length).toBe(rows.length)
  expect(text).toContain(
    `**${rows.length} scenarios. ${shown.length} are shown by a test, ${differs.length} differ on purpose, ${beside.length} are not applicable.**`,
  )
})

test('what shows a scenario, or what happens here instead, is there', () => {
  for (const { scenario, here } of [...shown, ...differs]) areThere(scenario, testsIn(here))
})
