// How task modules are bundled, all of it: these options, this version, the header. The output is
// hashed into ids that outlive programs, so whatever changes a byte of it raises `recipeVersion`.
// The same sources give the same bytes in every directory: every path is relative to the package
// root, comments are gone, and labels.ts removes the one place where esbuild still writes paths.
//
// A module has two faces. `everywhere` sees of each package what a page would see, and the same bytes run in
// a thread of Node and in a page's worker. `node` is for a module that reaches what only Node has.

import type { BuildOptions } from 'esbuild'

export const recipeVersion = 5

/** Past this a bundle is refused: it is sent to every peer that runs it. */
export const limitBytes = 32 * 1024 * 1024

export type Face = 'everywhere' | 'node'

export interface RecipeInputs {
  readonly face: Face
  /** The package root. */
  readonly root: string
  /** Packages left outside the bundle. */
  readonly external: readonly string[]
  /** Export conditions besides esbuild's own. */
  readonly conditions: readonly string[]
  /** What `use({ env })` gives. */
  readonly env: Readonly<Record<string, string>>
}

/** What all builds of a face share: that of the bundle and those that only tell exports apart. */
export function recipe({ face, root, external, conditions, env }: RecipeInputs): BuildOptions {
  const ours = face === 'node' ? conditions : conditions.filter((condition) => !ofNode.has(condition))
  return {
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    minifyWhitespace: true,
    legalComments: 'none',
    treeShaking: true,
    loader: { '.wasm': 'binary' },
    external: [...external],
    ...(face === 'node'
      ? { platform: 'node' }
      : { platform: 'browser', mainFields: ['browser', 'module', 'main'], define: variables(env) }),
    // An empty list would also take away esbuild's `module` condition.
    ...(ours.length > 0 ? { conditions: ['module', ...ours] } : {}),
  }
}

/** Conditions that a program may run with, and that choose what no page can run. */
const ofNode = new Set(['node', 'node-addons'])

/** A page has no environment: the variables that a module was given are written into it, one by one. */
function variables(env: RecipeInputs['env']): Record<string, string> {
  const named = Object.entries({ NODE_ENV: 'production', ...env }).filter(([name]) => /^[A-Za-z_$][\w$]*$/.test(name))
  return Object.fromEntries(named.map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]))
}

/**
 * What CommonJS packages expect of Node and an ES module has not. Globals rather than declarations: a
 * module may declare a `require` of its own.
 */
export const nodeBanner =
  'import{createRequire as __murmurationRequire}from"node:module";' +
  'import{fileURLToPath as __murmurationPath}from"node:url";' +
  'globalThis.require??=__murmurationRequire(import.meta.url);' +
  'globalThis.__filename??=__murmurationPath(import.meta.url);' +
  'globalThis.__dirname??=__murmurationPath(new URL(".",import.meta.url));\n'
