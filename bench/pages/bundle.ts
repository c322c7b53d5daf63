// Pages' programs, bundled and minified as a user's bundler would do it.

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Of a program that exports `joinMesh` and does nothing else. */
export async function gzippedBytes(): Promise<number> {
  const stdin = { contents: "export { joinMesh } from 'murmuration'", resolveDir: here }
  return gzipSync(await bundled({ stdin }), { level: 9 }).length
}

let program: Promise<Uint8Array> | undefined

/** What measured pages run; made once. */
export function pageProgram(): Promise<Uint8Array> {
  return (program ??= bundled({ entryPoints: [fileURLToPath(new URL('./page-program.js', import.meta.url))] }))
}

async function bundled(what: Pick<BuildOptions, 'stdin' | 'entryPoints'>): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...what,
    bundle: true,
    write: false,
    minify: true,
    legalComments: 'none',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}
