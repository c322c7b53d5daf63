// The failure model names the test behind every row: the file must be there, and a test of that name in it.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs')

interface Row {
  readonly text: string
  readonly tests: readonly { readonly file: string; readonly names: readonly string[] }[]
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

function testsIn(cell: string): Row['tests'] {
  return cell.split('; ').map((part) => ({
    file: /\]\(([^)]+)\)/.exec(part)?.[1] ?? '',
    names: [...part.matchAll(/\*([^*]+?)…?\*/g)].map(([, name]) => name?.trim() ?? ''),
  }))
}

test('every row of the failure model is shown by a test that is there', () => {
  expect(rows().length).toBeGreaterThan(30)
  for (const { text, tests } of rows()) {
    expect(tests.length, text).toBeGreaterThan(0)
    for (const { file, names } of tests) {
      const source = readFileSync(join(docs, file), 'utf8')
      expect(names.length, text).toBeGreaterThan(0)
      for (const name of names) expect(source, `${file} has ${name}`).toMatch(new RegExp(`['\`]${escaped(name)}`))
    }
  }
})

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}
