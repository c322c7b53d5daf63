// What a page loads before it is a peer, and what it loads after.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { weigh } from '../../../tests/browser/weight.ts'

const dist = fileURLToPath(new URL('../dist', import.meta.url))

/** What may come before the join, in bytes of gzip: the promise of docs/performance.md. */
const mostBytes = 300_000

test('a page joins with at most 300 kB, and loads the parser of mesh.fn apart', async () => {
  const { bytes, inputs } = await weigh("export * from './index.js'", dist)
  expect(inputs.filter((path) => /\/(acorn|eslint-scope|estraverse|esrecurse|devalue)\//.test(path))).toEqual([])
  expect(inputs.some((path) => path.endsWith('browser-peer/dist/join-mesh.js'))).toBe(true)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThanOrEqual(mostBytes)
})
