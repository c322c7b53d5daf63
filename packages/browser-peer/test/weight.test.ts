// What a page loads before it is a peer, as a user's bundler makes it of this package, and what it loads after.

import { gzipSync } from 'node:zlib'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../dist/index.js', import.meta.url))

/** What may come before the join, in bytes of gzip: the promise of docs/performance.md. */
const mostBytes = 300_000

test('a page joins with at most 300 kB, and loads the parser of mesh.fn apart', async () => {
  const outdir = fileURLToPath(new URL('../dist/weighed', import.meta.url))
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir,
    legalComments: 'none',
  })
  const nameOf = (path: string): string => relative(process.cwd(), path).replaceAll('\\', '/')
  const texts = new Map(outputFiles.map(({ path, contents }) => [nameOf(path), contents]))
  const first = new Set([nameOf(join(outdir, 'index.js'))])
  for (const chunk of first) {
    for (const { path, kind } of metafile.outputs[chunk]?.imports ?? [])
      if (kind === 'import-statement') first.add(path)
  }
  const made = [...first].flatMap((chunk) => Object.keys(metafile.outputs[chunk]?.inputs ?? {}))
  expect(made.filter((path) => /\/(acorn|eslint-scope|estraverse|esrecurse|devalue)\//.test(path))).toEqual([])
  const bytes = [...first].map((chunk) => gzipSync(texts.get(chunk) ?? '', { level: 9 }).byteLength)
  expect(bytes.length).toBeGreaterThan(0)
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(mostBytes)
})
