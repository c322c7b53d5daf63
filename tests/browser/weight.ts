// What a page loads before it is a peer, as a user's bundler makes it: the entry and what that imports at once,
// without what is loaded beside the join.

import { gzipSync } from 'node:zlib'
import { basename } from 'node:path'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'

/** Minified for pages, as a user's bundler would do it. */
export const asUsersDo = {
  bundle: true,
  write: false,
  minify: true,
  legalComments: 'none',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
} as const satisfies BuildOptions

export interface Weight {
  /** After gzip, each chunk for itself. */
  readonly bytes: number
  /** The files that it was made of. */
  readonly inputs: readonly string[]
}

/** Of a module with that text, which finds what it imports from `resolveDir`. */
export async function weigh(contents: string, resolveDir: string): Promise<Weight> {
  const stdin = { contents, resolveDir }
  const { outputFiles, metafile } = await build({
    ...asUsersDo,
    stdin,
    splitting: true,
    metafile: true,
    outdir: resolveDir,
  })
  const first = new Set(
    Object.keys(metafile.outputs).filter((path) => metafile.outputs[path]?.entryPoint === '<stdin>'),
  )
  for (const chunk of first)
    for (const { path, kind } of metafile.outputs[chunk]?.imports ?? [])
      if (kind === 'import-statement') first.add(path)
  const names = new Set([...first].map((path) => basename(path)))
  const chunks = outputFiles.filter(({ path }) => names.has(basename(path)))
  return {
    bytes: chunks.reduce((sum, { contents: text }) => sum + gzipSync(text, { level: 9 }).byteLength, 0),
    inputs: [...first].flatMap((chunk) => Object.keys(metafile.outputs[chunk]?.inputs ?? {})),
  }
}
