// Pages' programs, bundled and minified as a user's bundler would do it.

import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'

const asUsersDo = {
  bundle: true,
  write: false,
  minify: true,
  legalComments: 'none',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
} as const satisfies BuildOptions

const here = fileURLToPath(new URL('.', import.meta.url))

/** Of a program that exports `joinMesh` and does nothing else: what is there before the join, without what is loaded beside it. */
export async function gzippedBytes(): Promise<number> {
  const stdin = { contents: "export { joinMesh } from 'murmuration'", resolveDir: here }
  const { outputFiles, metafile } = await build({ ...asUsersDo, stdin, splitting: true, metafile: true, outdir: here })
  const first = new Set(
    Object.keys(metafile.outputs).filter((path) => metafile.outputs[path]?.entryPoint === '<stdin>'),
  )
  for (const chunk of first)
    for (const { path, kind } of metafile.outputs[chunk]?.imports ?? [])
      if (kind === 'import-statement') first.add(path)
  const bytes = outputFiles
    .filter(({ path }) => [...first].some((chunk) => path.endsWith(basename(chunk))))
    .map(({ contents }) => gzipSync(contents, { level: 9 }).length)
  return bytes.reduce((sum, one) => sum + one, 0)
}

let program: Promise<Uint8Array> | undefined

/** What measured pages run; made once. */
export function pageProgram(): Promise<Uint8Array> {
  return (program ??= bundled({ entryPoints: [fileURLToPath(new URL('./page-program.js', import.meta.url))] }))
}

async function bundled(what: Pick<BuildOptions, 'entryPoints'>): Promise<Uint8Array> {
  const { outputFiles } = await build({ ...asUsersDo, ...what })
  return outputFiles[0]?.contents ?? new Uint8Array()
}
