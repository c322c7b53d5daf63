// The imports that esbuild must not decide alone: the door `murmuration/task`, which every bundle
// carries a copy of, the mesh itself, which no task needs, native addons, which cannot travel, and what Node
// brings along, which a page has not, unless a package of that name is installed to stand in for it.

import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { OnResolveArgs, OnResolveResult, PartialMessage, Plugin, PluginBuild } from 'esbuild'
import type { Face } from './recipe.ts'

/** Set on our own calls of `resolve`, so that they do not come back to us. */
const ours = Symbol('resolving')

/** As modules: what Node loads lies one folder below, compiled, which nobody could bundle. */
const taskModule = join(dirname(createRequire(import.meta.url).resolve('@murmuration/core/task')), '..', 'task.js')

export function importsPlugin(root: string, face: Face): Plugin {
  return {
    name: 'murmuration-imports',
    setup(build) {
      // Ours, wherever the module lies and whatever it has installed: it is the copy that fits our workers.
      build.onResolve({ filter: /^(murmuration|@murmuration\/core)\/task$/ }, () => ({ path: taskModule }))
      build.onResolve({ filter: /^(murmuration|@murmuration\/(node|browser|sim)-peer)$/ }, (args) => ({
        errors: [meshInTask(root, args)],
      }))
      if (face === 'everywhere') build.onResolve({ filter: /^[a-z]/ }, async (args) => builtin(build, args))
      // Cannot travel: natives.ts looks whose they are.
      build.onLoad({ filter: /\.node$/ }, () => ({ contents: '', loader: 'empty' }))
    },
  }
}

/** Left outside, for ties.ts to find if it is reached. */
async function builtin(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  if (args.pluginData === ours || !isBuiltin(args.path)) return undefined
  const { errors } = await build.resolve(args.path, again(args))
  return errors.length === 0 ? undefined : { path: args.path, external: true, sideEffects: false }
}

function again({
  kind,
  importer,
  resolveDir,
}: OnResolveArgs): Pick<OnResolveArgs, 'kind' | 'importer' | 'resolveDir' | 'pluginData'> {
  return { kind, importer, resolveDir, pluginData: ours }
}

function meshInTask(root: string, args: OnResolveArgs): PartialMessage {
  const where = args.importer === '' ? '' : ` (in ${relative(root, args.importer)})`
  return {
    text: `imports ${args.path}${where}; inside a task the mesh is task.mesh, from import { task } from 'murmuration/task'`,
    detail: 'sentence',
  }
}
