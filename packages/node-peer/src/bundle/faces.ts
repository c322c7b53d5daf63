// One bundle for every kind of peer where that can be, so that a module has one code id and one hash wherever it
// runs; a bundle for Node where the module reaches what only Node has, with the import or the name that did it. It
// decides which of the two faces of the recipe a module gets, and does not look at what the module exports.

import { parse } from 'acorn'
import type { Program } from 'acorn'
import type { BuildOptions, BuildResult } from 'esbuild'
import { join, relative } from 'node:path'
import { tiesByName } from '@murmuration/core/reading'
import type { LoadedModule, Packages, UseRequest } from '@murmuration/core/internal'
import { customConditions } from './conditions.ts'
import { build } from './esbuild.ts'
import { explainFailure } from './explain.ts'
import { importsPlugin } from './imports-plugin.ts'
import { failed, type ModuleFile } from './module-file.ts'
import { nativePackages, outsideOf } from './natives.ts'
import { type Face, recipe } from './recipe.ts'
import { callsRequire, whatTiesToNode } from './ties.ts'

export type Finished = BuildResult<{ write: false; metafile: true }>

export interface Built {
  readonly face: Face
  /** Set when it runs on one kind of peer only. */
  readonly only: LoadedModule['only']
  readonly whole: Finished
  readonly text: string
  readonly program: Program
  /** What was left outside, with the versions that peers may have. */
  readonly packages: Packages
  /** For more builds of the same face. */
  readonly shared: BuildOptions
}

/** Rejects with MeshError BUNDLE_FAILED. */
export async function buildModule(at: ModuleFile, request: UseRequest): Promise<Built> {
  const everywhere = await buildFace('everywhere', at, request).catch((error: unknown) => error as Error)
  if (!(everywhere instanceof Error) && everywhere.ties.length === 0) return { ...everywhere, only: null }
  // What cannot be bundled at all is told of Node's build, which sees more.
  const node = await buildFace('node', at, request)
  if (everywhere instanceof Error) return onNode(node, `has no build for pages: ${everywhere.message}`)
  const [first] = everywhere.ties
  const byNode = everywhere.ties.find(({ kind }) => kind === 'node')
  const wantsBrowser = node.ties.some(({ kind }) => kind === 'browser')
  if (wantsBrowser && byNode === undefined) return { ...everywhere, only: first ?? null }
  return onNode(node, byNode?.because ?? `${first?.because ?? ''} in its build for pages`)
}

/** Rejects with MeshError BUNDLE_FAILED. */
export async function run(at: ModuleFile, options: BuildOptions): Promise<Finished> {
  try {
    return await build(options)
  } catch (error) {
    throw explainFailure(at.name, error)
  }
}

export function outputText(result: Finished, extension: string): string {
  return result.outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? ''
}

type Tie = NonNullable<LoadedModule['only']>
type BuiltFace = Omit<Built, 'only'> & { readonly ties: readonly Tie[] }

/** Made again for as long as it reaches native addons: their packages stay outside. */
async function buildFace(face: Face, at: ModuleFile, request: UseRequest): Promise<BuiltFace> {
  const external = new Set(request.external)
  for (;;) {
    const built = await buildWith(face, at, { ...request, external: [...external] })
    const natives = nativePackages(at, built.whole.metafile)
    if (natives.size === 0) return built
    const more = [...natives].filter((name) => !external.has(name))
    // What stays outside by its name cannot by a path: it would be found again with every build.
    if (more.length === 0) {
      const names = [...natives].join(', ')
      throw failed(`${at.name} reaches the native addon of ${names} by a path; import the package by its name`)
    }
    for (const name of more) external.add(name)
  }
}

async function buildWith(face: Face, at: ModuleFile, { env, external }: UseRequest): Promise<BuiltFace> {
  const { file, root } = at
  const shared: BuildOptions = {
    ...recipe({ face, root, external, env, conditions: customConditions(file) }),
    plugins: [importsPlugin(root, face)],
  }
  const whole = await run(at, {
    ...shared,
    entryPoints: [relative(root, file)],
    // Beside package.json in name only: it makes the map's paths relative to the root.
    outfile: join(root, 'bundle.mjs'),
    sourcemap: 'external',
    sourcesContent: false,
  })
  const text = outputText(whole, '.mjs')
  const program = parse(text, { ecmaVersion: 'latest', sourceType: 'module', ranges: true })
  const byImport = whatTiesToNode(whole.metafile, external)
  const ties = [byImport, callsRequire(text, program), ...tiesByName(program)].filter((tie) => tie !== null)
  return { face, whole, text, program, packages: outsideOf(at, whole.metafile, external), shared, ties }
}

function onNode(built: BuiltFace, because: string): Built {
  return { ...built, only: { kind: 'node', because } }
}
