// A page's way of making code. Functions are read from their own source, as everywhere, by what reading.ts loads.
// Modules cannot be bundled here, since a page has no compiler and no sources: they come prepared from the build.
//
// The seam with build tools is one table on the global object, which needs no import:
//
//   (globalThis[Symbol.for('murmuration.modules.1')] ??= new Map()).set(url.href, {
//     name: 'tiles.task.ts',
//     exports: [{ name: 'render', kind: 'function', digest: '…' }],
//     only: null,
//     source: async () => '…the whole bundle, as `murmur bundle` writes it…',
//   })
//
// where `url` is what the page hands to `mesh.use`. The text is the one that peers run and its SHA-256 is
// the code's id, so it must come byte for byte from the recipe that Node's `mesh.use` follows.

import { MeshError } from '@murmuration/core/internal'
import type { CodeId, CodePort, ExportInfo, LoadedModule, Sha256, UseRequest } from '@murmuration/core/internal'
import type { Reading } from './reading.ts'

export interface PreparedModule {
  /** For errors and lists: `tiles.task.ts`. */
  readonly name: string
  readonly exports: readonly ExportInfo[]
  readonly only: LoadedModule['only']
  /** Asked for when it is first used. */
  readonly source: () => Promise<string>
}

const registry = Symbol.for('murmuration.modules.1')
const globals = globalThis as { [registry]?: Map<string, PreparedModule> }

/** Every copy of this package, and every build tool, fills the same table. */
export function preparedModules(): Map<string, PreparedModule> {
  return (globals[registry] ??= new Map())
}

export interface PageCodeOptions extends Reading {
  readonly sha256: Sha256
  /** Called with what peers may ask for by id, before `use` resolves and before `fn` returns. */
  keep(code: CodeId, source: Uint8Array): void
}

export function createPageCode({ sha256, fnModule, keep }: PageCodeOptions): CodePort {
  return {
    async use(url: URL, request: UseRequest): Promise<LoadedModule> {
      const prepared = preparedModules().get(url.href)
      if (prepared === undefined) throw notPrepared(url)
      refuseAdditions(prepared, request)
      const { name, exports, only } = prepared
      const source = new TextEncoder().encode(await textOf(prepared))
      const code = sha256(source) as CodeId
      keep(code, source)
      return { code, name, exports, only, source }
    },
    fn(f, constants): LoadedModule {
      const { module, source } = fnModule(f, constants, sha256)
      keep(module.code, source)
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

/** What enters a bundle has to be known when it is made. */
function refuseAdditions({ name }: PreparedModule, { env, assets, external }: UseRequest): void {
  const asked = [
    Object.keys(env).length > 0 && 'env',
    assets.length > 0 && 'assets',
    external.length > 0 && 'external',
  ].filter((option) => option !== false)
  if (asked.length === 0) return
  throw new MeshError(
    'BUNDLE_FAILED',
    `${name} was bundled when this page was built: ${asked.join(' and ')} cannot be added in the page`,
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
