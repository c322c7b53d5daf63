// The failure model names the test behind every row: the file must be there, and a test of that name in it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { docs, areThere, testsIn } from './links.ts'
import type { Tests } from './links.ts'

interface Row {
  readonly text: string
  readonly tests: Tests
}

/** Of the tables whose last column says what shows it. */
function rows(): Row[] {
  const lines = readFileSync(join(docs, 'fault-tolerance.md'), 'utf8').split('\n')
  let isListed = false
  const found: Row[] = []
  for (const text of lines) {
    if (text.endsWith('| shown by |')) isListed = true
    else if (!text.startsWith('|')) isListed = false
    else if (isListed && !text.startsWith('|---')) found.push({ text, tests: testsIn(text.split(' | ').at(-1) ?? '') })
  }
  return found
}

test('every row of the failure model is shown by a test that is there', () => {
  expect(rows().length).toBeGreaterThan(30)
  for (const { text, tests } of rows()) areThere(text, tests)
})
