// From the URL that a program gave to the file on this disk. The URL stands in the program's own
// source, so whatever built the program may have had its hands on it: a compiled program names a `.ts`
// that has become a `.js`, and a bundler may have copied the module somewhere as if it were a picture.

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MeshError } from '@murmuration/core/internal'

export interface ModuleFile {
  /** Absolute. */
  readonly file: string
  /** As the program wrote it: `tiles.task.ts`. */
  readonly name: string
  /** The directory of the nearest package.json. */
  readonly root: string
}

const taskModule = /\.task\.(ts|js|mjs|mts|tsx)$/
const twins: Readonly<Record<string, string>> = { '.ts': '.js', '.tsx': '.js', '.mts': '.mjs' }

/** Rejects by throwing MeshError BUNDLE_FAILED with one sentence about what to do. */
export function moduleFile(url: URL): ModuleFile {
  const asset = assetName(url)
  if (asset !== null) throw treatedAsAsset(asset)
  const name = decodeURIComponent(basename(url.pathname))
  if (url.protocol !== 'file:') {
    throw failed(
      `mesh.use takes a file: URL here, as in new URL('./tiles.task.ts', import.meta.url); got ${short(url)}`,
    )
  }
  if (!taskModule.test(name)) {
    throw failed(
      `mesh.use takes a task module, a file named *.task.ts, .js, .mjs, .mts or .tsx; got ${name}. ` +
        `Rename it to ${name.replace(/(\.\w+)?$/, (extension) => `.task${extension || '.ts'}`)}`,
    )
  }
  const wanted = fileURLToPath(url)
  const file = [wanted, twinOf(wanted)].find((path) => existsSync(path))
  if (file === undefined) throw failed(`${name} does not exist: nothing at ${wanted}${twinNote(wanted)}`)
  return { file, name, root: packageRoot(file) }
}

export function failed(message: string, cause?: unknown): MeshError {
  return new MeshError('BUNDLE_FAILED', message, { cause })
}

export function treatedAsAsset(name: string): MeshError {
  return failed(`your bundler treated ${name} as an asset; add murmuration() to vite.config`)
}

/**
 * The module's name when the URL is what bundlers make of assets: inlined (`data:`), served
 * (`/assets/tiles.task-B3f9xQ1a.ts`), or copied under a hash of its content.
 */
function assetName(url: URL): string | null {
  if (url.protocol === 'data:' || url.protocol === 'blob:') return 'the task module'
  const name = decodeURIComponent(basename(url.pathname))
  const hashed = /^(.+\.task)[-.][\w-]{6,}(\.(?:ts|js|mjs|mts|tsx))$/.exec(name)
  if (hashed) return `${hashed[1]}${hashed[2]}`
  if (/^[0-9a-f]{16,}\.\w+$/.test(name)) return 'the task module'
  const served = url.protocol === 'http:' || url.protocol === 'https:'
  return served && taskModule.test(name) ? name : null
}

function twinOf(file: string): string {
  return file.replace(/\.\w+$/, (extension) => twins[extension] ?? extension)
}

function twinNote(file: string): string {
  return twinOf(file) === file ? '' : `, nor its compiled ${basename(twinOf(file))}`
}

function short(url: URL): string {
  return url.href.length <= 100 ? url.href : `${url.href.slice(0, 99)}…`
}

function packageRoot(file: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory
    if (directory === dirname(directory)) return dirname(file)
  }
}

export interface AssetSource {
  readonly url: URL
  readonly bytes: Uint8Array
}

/** What comes with a module, by file name. Throws MeshError BUNDLE_FAILED. */
export function readAssets(assets: readonly URL[]): Map<string, AssetSource> {
  const found = new Map<string, AssetSource>()
  for (const url of assets) {
    const name = decodeURIComponent(basename(url.pathname))
    if (found.has(name)) throw failed(`assets has two files named ${name}: task.asset(name) could not tell them apart`)
    found.set(name, { url, bytes: readAsset(url, name) })
  }
  return found
}

function readAsset(url: URL, name: string): Uint8Array {
  if (url.protocol !== 'file:')
    throw failed(
      `assets takes file: URLs here, as in new URL('./model.onnx', import.meta.url); got ${short(url)}. What lies elsewhere a task can fetch`,
    )
  try {
    return readFileSync(url)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT'
        ? `there is nothing at ${fileURLToPath(url)}`
        : code === 'EISDIR'
          ? `${fileURLToPath(url)} is a folder, and an asset is one file`
          : message
    throw failed(`the asset ${name} cannot be read: ${why}`, error)
  }
}
