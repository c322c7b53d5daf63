// A page's way of making code. Functions are read from their own source, as everywhere, by what page-code.ts loads.
// Modules cannot be bundled here, since a page has no compiler and no sources: they come prepared from the build.
//
// The seam with build tools is one table on the global object, which needs no import:
//
//   (globalThis[Symbol.for('murmuration.modules.1')] ??= new Map()).set(url.href, {
//     name: 'tiles.task.ts',
//     exports: [{ name: 'render', kind: 'function', digest: '…' }],
//     only: null,
//     source: async () => '…the whole bundle, as `murmur bundle` writes it…',
//     assets: { 'model.onnx': 'https://…' },
//   })
//
// where `url` is what the page hands to `mesh.use`. The text is the one that peers run and its SHA-256 is
// the code's id, so it must come byte for byte from the recipe that Node's `mesh.use` follows.

import { MeshError } from '@murmuration/core'
import type {
  BundleBytes,
  CodeId,
  CodePort,
  ExportInfo,
  LoadedModule,
  Sha256,
  UseRequest,
  readManifest,
} from '@murmuration/core/internal'
import type { fnModule } from '@murmuration/core/reading'

export interface PreparedModule {
  /** For errors and lists: `tiles.task.ts`. */
  readonly name: string
  readonly exports: readonly ExportInfo[]
  readonly only: LoadedModule['only']
  /** What peers must have that run it. */
  readonly packages?: LoadedModule['packages']
  /** Asked for when it is first used. */
  readonly source: () => Promise<string>
  /** Where the files lie that come with it, by their names. */
  readonly assets?: Readonly<Record<string, string>> | undefined
}

const registry = Symbol.for('murmuration.modules.1')
const globals = globalThis as { [registry]?: Map<string, PreparedModule> }

/** Every copy of this package, and every build tool, fills the same table. */
export function preparedModules(): Map<string, PreparedModule> {
  return (globals[registry] ??= new Map())
}

export interface PageCodeOptions {
  readonly sha256: Sha256
  /** Called with what peers may ask for by id, before `use` resolves and before `fn` returns. */
  keep(code: CodeId, bytes: BundleBytes): void
}

/** What reads functions, and first lines of bundles: whoever loads this has it. */
export interface Readers {
  readonly fnModule: typeof fnModule
  readonly readManifest: typeof readManifest
}

export function createPageCode({ fnModule, readManifest }: Readers, { sha256, keep }: PageCodeOptions): CodePort {
  return {
    async use(url: URL, request: UseRequest): Promise<LoadedModule> {
      const prepared = preparedModules().get(url.href)
      if (prepared === undefined) throw notPrepared(url)
      refuseAdditions(prepared, request)
      const { name, exports, only, packages } = prepared
      const source = new TextEncoder().encode(await textOf(prepared))
      const code = sha256(source) as CodeId
      const bytes = { source, assets: await assetsOf(prepared, readManifest(source), sha256) }
      keep(code, bytes)
      return { code, name, exports, only, packages, bytes }
    },
    fn(f, constants): LoadedModule {
      const { module, bytes } = fnModule(f, constants, sha256)
      keep(module.code, bytes)
      return module
    },
  }
}

async function textOf({ name, source }: PreparedModule): Promise<string> {
  try {
    return await source()
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new MeshError('BUNDLE_FAILED', `${name}: its bundle could not be had: ${said}`, { cause: error })
  }
}

/** The files that the bundle names in its first line: those very bytes, since their hashes are part of what it is. */
async function assetsOf(
  { name, assets = {} }: PreparedModule,
  manifest: ReturnType<typeof readManifest>,
  sha256: Sha256,
): Promise<BundleBytes['assets']> {
  const found = new Map<string, Uint8Array>()
  for (const [file, [hash]] of Object.entries(manifest.assets)) {
    const bytes = await load(assets[file], { name, file })
    if (sha256(bytes) !== hash)
      throw new MeshError('BUNDLE_FAILED', `${name}: ${file} is not the file that was there when this page was built`)
    found.set(hash, bytes)
  }
  return found
}

async function load(url: string | undefined, what: { name: string; file: string }): Promise<Uint8Array> {
  const { name, file } = what
  if (url === undefined) throw new MeshError('BUNDLE_FAILED', `${name}: the build did not say where ${file} lies`)
  try {
    const answer = await fetch(url)
    if (!answer.ok) throw new TypeError(`${answer.status} ${answer.statusText}`.trim())
    return new Uint8Array(await answer.arrayBuffer())
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new MeshError('BUNDLE_FAILED', `${name}: its ${file} could not be had from ${clip(url)}: ${said}`, {
      cause: error,
    })
  }
}

/** What enters a bundle has to be known when it is made. Whoever names its assets again says nothing new. */
function refuseAdditions(prepared: PreparedModule, { env, assets, external }: UseRequest): void {
  const { name } = prepared
  const known = Object.keys(prepared.assets ?? {}).length
  const asked = [
    Object.keys(env).length > 0 && 'env',
    assets.length > 0 && assets.length !== known && 'assets',
    external.length > 0 && 'external',
  ].filter((option) => option !== false)
  if (asked.length === 0) return
  const way = asked.includes('assets')
    ? "; the build takes assets from the call where they stand: { assets: [new URL('./model.onnx', import.meta.url)] }"
    : ''
  throw new MeshError(
    'BUNDLE_FAILED',
    `${name} was bundled when this page was built: ${asked.join(' and ')} cannot be added in the page${way}`,
  )
}

function notPrepared(url: URL): MeshError {
  const name = decodeURIComponent(url.pathname.split('/').at(-1) ?? '') || url.href
  const isAsset = url.protocol === 'data:' || !/\.task\.[cm]?[jt]sx?$/.test(name)
  const sentence = isAsset
    ? `your bundler treated the task module at ${clip(url.href)} as an asset; add murmuration() to vite.config`
    : `${name} was not bundled for this page: add murmuration() to vite.config, or use what \`murmur bundle\` makes of it`
  return new MeshError('BUNDLE_FAILED', sentence)
}

function clip(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}
