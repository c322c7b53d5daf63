// Pages' programs, bundled and minified as a user's bundler would do it.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { asUsersDo, weigh } from '@murmuration/tests/browser/weight'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Of a program that exports `joinMesh` and does nothing else: what is there before the join. */
export async function gzippedBytes(): Promise<number> {
  return (await weigh("export { joinMesh } from 'murmuration'", here)).bytes
}

let program: Promise<Uint8Array> | undefined

/** What measured pages run; made once. */
export function pageProgram(): Promise<Uint8Array> {
  return (program ??= bundled())
}

async function bundled(): Promise<Uint8Array> {
  const entry = fileURLToPath(new URL('./page-program.js', import.meta.url))
  const { outputFiles } = await build({ ...asUsersDo, entryPoints: [entry] })
  return outputFiles[0]?.contents ?? new Uint8Array()
}
