// The program of the tests' pages as one file, as a user's bundler makes it. It is made before the tests, once for all
// files of tests, and again only when something that it was made of has changed since.

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const entry = new URL('../dist/browser/page-program.js', import.meta.url)
const bundle = new URL('../dist/browser/bundled/page.js', import.meta.url)
/** The files that it was made of. */
const inputs = new URL('../dist/browser/bundled/inputs.json', import.meta.url)

export function readPageBundle(): Promise<string> {
  return readFile(bundle, 'utf8')
}

export async function makePageBundle(): Promise<void> {
  if (await isNew()) return
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: fileURLToPath(root),
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    metafile: true,
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  })
  await mkdir(new URL('.', bundle), { recursive: true })
  await writeFile(bundle, outputFiles[0]?.text ?? '')
  await writeFile(inputs, JSON.stringify(Object.keys(metafile.inputs)))
}

async function isNew(): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(bundle)
    const paths = ['package-lock.json', ...(JSON.parse(await readFile(inputs, 'utf8')) as string[])]
    const changes = await Promise.all([import.meta.url, ...paths].map(changedMs))
    return changes.every((ms) => ms < mtimeMs)
  } catch {
    // It was not made yet, or something that it was made of is gone.
    return false
  }
}

async function changedMs(path: string): Promise<number> {
  return (await stat(new URL(path, root))).mtimeMs
}
