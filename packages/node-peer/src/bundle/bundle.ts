// A task module becomes one self-contained ES module: the bytes that every peer runs, the names and
// kinds of its exports, and a digest per export so that editing one leaves the others' results valid.
// It decides what a bundle contains; keeping, sending and running it are others' work.

import type { Program } from 'acorn'
import type { BuildOptions, Metafile, Plugin } from 'esbuild'
import { join, relative } from 'node:path'
import { manifestLine } from '@murmuration/core/internal'
import { constantsOf } from '@murmuration/core/reading'
import type { Asset, CodeId, ExportInfo, LoadedModule, Sha256, UseRequest } from '@murmuration/core/internal'
import { exportKinds, type ExportKind } from './exports.ts'
import { buildModule, outputText, run } from './faces.ts'
import { type Edit, edited } from './edits.ts'
import { labelEdits, withoutLabels } from './labels.ts'
import { failed, type ModuleFile, readAssets, treatedAsAsset } from './module-file.ts'
import { limitBytes, nodeBanner, recipeVersion } from './recipe.ts'

export interface Bundle {
  readonly module: LoadedModule
  readonly source: Uint8Array
  /** A source map, for stack-map.ts. */
  readonly map: Uint8Array
  /** Where the files that come with it lie, by name. */
  readonly assets: ReadonlyMap<string, URL>
  /** Every file that went in, absolute: the bundle is good while they are as they were. */
  readonly files: readonly string[]
}

export interface BundleTools {
  readonly sha256: Sha256
  /** Larger bundles are refused. Default 32 MiB. */
  readonly limitBytes?: number | undefined
}

/** Rejects with MeshError BUNDLE_FAILED. */
export async function bundleModule(at: ModuleFile, request: UseRequest, tools: BundleTools): Promise<Bundle> {
  const assets = readAssets(request.assets)
  const named = [...assets].map(([name, { bytes }]): [string, Asset] => [name, [tools.sha256(bytes), bytes.length]])
  const { face, only, whole, text, program, packages, shared } = await buildModule(at, request)
  checkEntry(at, whole.metafile)
  const wants = { env: request.env, assets: Object.fromEntries(named), packages }

  const map = JSON.parse(outputText(whole, '.map')) as { mappings: string }
  const finished = edited({ text, mappings: map.mappings }, [...labelEdits(program), ...constantEdits(program)])
  const header = manifestLine(recipeVersion, { ...wants, kind: only?.kind }) + (face === 'node' ? nodeBanner : '')
  const source = new TextEncoder().encode(header + finished.text)
  checkSize(at, { bytes: source.byteLength, limit: tools.limitBytes ?? limitBytes }, whole.metafile)

  const kinds = exportKinds(program)
  if (kinds.length === 0) throw exportsNothing(at, text)
  // A line of text more is a `;` more in the mappings.
  const mappings = ';'.repeat(header.split('\n').length - 1) + finished.mappings
  const code = tools.sha256(source) as CodeId
  // Where it can run does not change what it gives.
  const manifest = manifestLine(recipeVersion, wants)
  const exports = await digests(at, { shared, kinds, manifest, tools })
  const byHash = new Map([...assets.values()].map(({ bytes }) => [tools.sha256(bytes), bytes]))
  return {
    module: { code, name: at.name, exports, only, packages, bytes: { source, assets: byHash } },
    source,
    map: new TextEncoder().encode(JSON.stringify({ ...map, mappings })),
    assets: new Map([...assets].map(([name, { url }]) => [name, url])),
    files: Object.keys(whole.metafile.inputs).map((file) => join(at.root, file)),
  }
}

/** esbuild writes `var` for all of them. Engines take what is `const` for known once they compile a loop, and read the rest anew. */
function constantEdits(program: Program): Edit[] {
  return constantsOf(program).map((start) => ({ start, end: start + 'var'.length, text: 'const' }))
}

/**
 * One build with an entry per export: esbuild shakes each by itself, so its text holds exactly what
 * that export reaches.
 */
async function digests(
  at: ModuleFile,
  context: { shared: BuildOptions; kinds: readonly ExportKind[]; manifest: string; tools: BundleTools },
): Promise<ExportInfo[]> {
  const { shared, kinds, manifest, tools } = context
  const result = await run(at, {
    ...shared,
    entryPoints: kinds.map(({ name }, index) => ({ in: `${oneExport}:${name}`, out: `${index}` })),
    outdir: at.root,
    plugins: [oneExportPlugin(at), ...(shared.plugins ?? [])],
  })
  const texts = new Map(result.outputFiles.map(({ path, text }) => [relative(at.root, path), text]))
  return kinds.map((kind, index) => {
    const { name } = kind
    const text = withoutLabels(texts.get(`${index}.js`) ?? '')
    return { ...kind, digest: tools.sha256(manifest, name, '\n', text) }
  })
}

const oneExport = 'murmuration-export'

function oneExportPlugin({ file, root }: ModuleFile): Plugin {
  const from = JSON.stringify(`./${relative(root, file).replaceAll('\\', '/')}`)
  return {
    name: oneExport,
    setup(context) {
      context.onResolve({ filter: new RegExp(`^${oneExport}:`) }, ({ path }) => ({
        path: path.slice(oneExport.length + 1),
        namespace: oneExport,
      }))
      context.onLoad({ filter: /.*/, namespace: oneExport }, ({ path }) => ({
        contents: `export{${path === 'default' ? path : JSON.stringify(path)}}from${from}`,
        resolveDir: root,
      }))
    },
  }
}

function checkEntry(at: ModuleFile, { inputs }: Metafile): void {
  const entry = inputs[relative(at.root, at.file).replaceAll('\\', '/')]
  if (entry?.format !== 'cjs') return
  throw failed(`${at.name} is CommonJS (module.exports); a task module is an ES module: export function render() {…}`)
}

function exportsNothing(at: ModuleFile, text: string): Error {
  // What asset plugins leave in a module's place: its URL.
  if (/^(var|const|let) \w+=["'`][^"'`]*["'`];export\{\w+ as default\}/.test(text)) return treatedAsAsset(at.name)
  return failed(
    `${at.name} exports no function and no class; export what the mesh should run: export function render() {…}`,
  )
}

function checkSize(at: ModuleFile, { bytes, limit }: { bytes: number; limit: number }, { outputs }: Metafile): void {
  if (bytes <= limit) return
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  const largest = inputs.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput).slice(0, 3)
  const list = largest.map(([file, { bytesInOutput }]) => `${file} (${mebibytes(bytesInOutput)})`).join(', ')
  throw failed(
    `${at.name} bundles to ${mebibytes(bytes)}, more than the ${mebibytes(limit)} that travel as code; largest: ` +
      `${list}. Pass large files as { assets: [...] } or as objects (mesh.put)`,
  )
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
