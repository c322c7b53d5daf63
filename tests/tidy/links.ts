// Documents name the tests behind what they say, as [label](file) *title*, *beginning of a title…*: each must be there.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

export const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs')

export type Tests = readonly { readonly file: string; readonly titles: readonly string[] }[]

/** What a cell of a table names. */
export function testsIn(cell: string): Tests {
  return [...cell.matchAll(/\]\(([^)]+\.ts)\)((?:,? \*[^*]+\*)*)/g)].map(([, file = '', titles = '']) => ({
    file,
    titles: [...titles.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title),
  }))
}

/** There is at least one, the files are there, and tests of those titles in them. */
export function areThere(text: string, tests: Tests): void {
  expect(tests.length, text).toBeGreaterThan(0)
  for (const { file, titles } of tests) {
    const source = readFileSync(join(docs, file), 'utf8')
    expect(titles.length, text).toBeGreaterThan(0)
    for (const title of titles) expect(source, `${file} has ${title}`).toMatch(pattern(title))
  }
}

function pattern(title: string): RegExp {
  const isCut = title.endsWith('…')
  return new RegExp(`['\`"]${escaped(isCut ? title.slice(0, -1).trim() : title)}${isCut ? '' : `['\`"]`}`)
}

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}
