// `murmur bundle`: a task module as files that a page can import, for build tools that have no plugin here. What it
// writes is what the Vite plugin makes: a small module that gives the URL for `mesh.use`, and the bundle beside it.

import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundleModule } from '../bundle/bundle.ts'
import type { Bundle } from '../bundle/bundle.ts'
import { moduleFile } from '../bundle/module-file.ts'
import type { ModuleFile } from '../bundle/module-file.ts'
import { prepareBundle } from '../bundle/prepared.ts'
import { sha256 } from '../sha256.ts'
import { UsageError } from './failure.ts'
import { print, printJson } from './table.ts'
import { bytes } from './words.ts'

export interface BundleOptions {
  readonly output: string
  /** Files that come with the module. */
  readonly asset?: readonly string[] | undefined
  readonly json?: boolean | undefined
}

const types = `declare const url: URL\nexport default url\n`

export async function bundle(file: string, { output, asset = [], json = false }: BundleOptions): Promise<number> {
  const at = named(file)
  const assets = asset.map((one) => pathToFileURL(resolve(one)))
  const made = await bundleModule(at, { env: {}, assets, external: [] }, { sha256 })
  const stem = made.module.name.replace(/\.\w+$/, '')
  const beside = (name: string): string => JSON.stringify(`./${encodeURIComponent(name)}`)
  const { module, source } = prepareBundle(made, {
    source: `./${stem}.source.js`,
    asset: (url) => ({ expression: `new URL(${beside(nameOf(url))}, import.meta.url).href` }),
  })
  const files = { [`${stem}.js`]: module, [`${stem}.source.js`]: source, [`${stem}.d.ts`]: types, ...copies(made) }
  await writeAll(resolve(output), files, output)
  const written = Object.keys(files).map((name) => join(output, name))
  if (json) printJson(told(made, written))
  else print(sentences(made, written[0] ?? ''))
  return 0
}

function copies({ assets }: Bundle): Record<string, Uint8Array> {
  return Object.fromEntries([...assets].map(([name, url]) => [name, readFileSync(url)]))
}

function nameOf(url: URL): string {
  return basename(fileURLToPath(url))
}

/** What was typed is no task module, or not there. */
function named(file: string): ModuleFile {
  try {
    return moduleFile(pathToFileURL(resolve(file)))
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function writeAll(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  output: string,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  } catch (error) {
    throw new UsageError(`-o ${output} cannot be written: ${(error as Error).message}`)
  }
}

function told({ module: { code, name, exports, only }, source }: Bundle, files: readonly string[]): unknown {
  return { code, name, exports, only, bytes: source.byteLength, files }
}

function sentences({ module: { name, exports, only }, source }: Bundle, file: string): string {
  const where = only === null ? 'runs on every kind of peer' : `runs on ${only.kind} peers only: it ${only.because}`
  return [
    `${name}: ${bytes(source.byteLength)}, ${exports.map((one) => one.name).join(', ')}; ${where}`,
    `In the page: import url from '${isAbsolute(file) ? file : `./${file}`}' and await mesh.use(url)`,
  ].join('\n')
}
