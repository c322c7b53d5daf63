// Node's way of making code: task modules are bundled here, at the call, and functions are read from
// their own source. What was bundled is remembered while every file that went into it is as it was,
// so that asking again costs a few `stat`s and still sees edits.

import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fnModule } from '@murmuration/core/reading'
import type { BundleBytes, CodeId, CodePort, LoadedModule, Sha256, UseRequest } from '@murmuration/core/internal'
import type { Bundle, BundleTools } from './bundle.ts'
import { type ModuleFile, moduleFile } from './module-file.ts'
import { callSite, type Origin } from './stack-map.ts'

export interface NodeCodeOptions extends BundleTools {
  readonly sha256: Sha256
  /**
   * Called with what peers may ask for by id, before `use` resolves and before `fn` returns: bundles with
   * their source maps, functions with the place of the call that gave them. Called again for what was kept before.
   */
  keep(code: CodeId, bytes: BundleBytes, origin: Origin): void
}

/** A file changed later than this before a build may have changed during it: file times are coarse. */
const settledMs = 50

interface Remembered {
  readonly bundle: Bundle
  readonly stamps: string
}

export function createNodeCode(options: NodeCodeOptions): CodePort {
  const remembered = new Map<string, Remembered>()
  const underway = new Map<string, Promise<Bundle>>()

  async function bundled(at: ModuleFile, request: UseRequest): Promise<Bundle> {
    const key = keyOf(at, request)
    const before = remembered.get(key)
    if (before && before.stamps === (await stampsOf(at, before.bundle.files, request))) return before.bundle
    const begun = Date.now()
    // Not before it is needed: most peers never bundle, and esbuild takes a while to load.
    const { bundleModule } = await import('./bundle.ts')
    const bundle = await bundleModule(at, request, options)
    const stamps = await stampsOf(at, bundle.files, request)
    if (newestOf(stamps) < begun - settledMs) remembered.set(key, { bundle, stamps })
    return bundle
  }

  return {
    async use(url: URL, request: UseRequest): Promise<LoadedModule> {
      const at = moduleFile(url)
      const key = keyOf(at, request)
      const work = underway.get(key) ?? bundled(at, request).finally(() => underway.delete(key))
      underway.set(key, work)
      const { module, map } = await work
      if (module.bytes !== null) options.keep(module.code, module.bytes, { map })
      return module
    },
    fn(f, constants): LoadedModule {
      const { module, bytes } = fnModule(f, constants, options.sha256)
      options.keep(module.code, bytes, { calledAt: callSite(new Error().stack) })
      return module
    },
  }
}

function keyOf(at: ModuleFile, { env, assets, external }: UseRequest): string {
  return JSON.stringify([at.file, at.name, env, assets.map(String), external])
}

/** A line per file: what `stat` says of it, `-` when there is none. */
async function stampsOf(at: ModuleFile, files: readonly string[], { assets }: UseRequest): Promise<string> {
  const watched: (string | URL)[] = [...files, ...assets, ...configurations(at)]
  const stamps = watched.map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => null)
    return found ? `${found.mtimeNs} ${found.ctimeNs} ${found.size} ${found.ino}` : '-'
  })
  return (await Promise.all(stamps)).join('\n')
}

/** Newest change in wall-clock ms. */
function newestOf(stamps: string): number {
  const changes = stamps
    .split('\n')
    .map((line) => (line === '-' ? 0 : Number(BigInt(line.split(' ')[1] ?? '0') / 1_000_000n)))
  return Math.max(0, ...changes)
}

/** Files that steer the build without being part of it. */
function configurations({ file, root }: ModuleFile): string[] {
  const found: string[] = [join(root, 'package.json')]
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    found.push(join(directory, 'tsconfig.json'))
    if (directory === dirname(directory)) return found
  }
}
