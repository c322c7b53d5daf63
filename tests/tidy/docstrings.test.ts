// Every option says what it does, what counts when it is left out, and what a call with it looks like.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const files = ['core/src/task-options.ts', 'core/src/actor-types.ts']
/** Whose parts are options. */
const options = /^export interface \w*(Options|Needs)\b[^{]*\{\n(.*?)^\}/gms

function optionsIn(file: string): [name: string, comment: string][] {
  const text = readFileSync(new URL(`../../packages/${file}`, import.meta.url), 'utf8')
  return [...text.matchAll(options)].flatMap(([, , body = '']) =>
    [...body.matchAll(/(?:^  \/\*\*(.*?)\*\/\n)?^  (\w+)\?:/gms)].map(
      ([, comment = '', name = '']): [string, string] => [name, comment],
    ),
  )
}

test.each(files)('the options in %s', (file) => {
  const found = optionsIn(file)
  expect(found.length).toBeGreaterThan(10)
  const missing = found.filter(([, comment]) => !/default/i.test(comment) || !comment.includes('@example'))
  expect(missing.map(([name]) => name)).toEqual([])
})
