// Each door of a package leads Node into what was bundled of it: one that led elsewhere would bring second copies of its
// classes, and an error of the one is no error of the other.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Ways {
  readonly import: string
  readonly require: string
}

interface Door {
  readonly node?: Ways
  readonly default: Ways
}

test.each(['core', 'libp2p-link', 'node-peer'])('every door of %s leads into what was bundled', (name) => {
  const file = new URL(`../../packages/${name}/package.json`, import.meta.url)
  const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports: Readonly<Record<string, Door>> }
  const ways = Object.values(exports).map((door) => door.node ?? door.default)
  expect(ways.filter((way) => !/^\.\/dist\/bundled\/[\w-]+\.js$/.test(way.import))).toEqual([])
  expect(ways.filter((way) => way.require !== way.import.replace('.js', '.cjs'))).toEqual([])
})
