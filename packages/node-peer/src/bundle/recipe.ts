// How task modules are bundled, all of it: these options, this version, the header. The output is
// hashed into ids that outlive programs, so whatever changes a byte of it raises `recipeVersion`.
// The same sources give the same bytes in every directory: every path is relative to the package
// root, comments are gone, and labels.ts removes the one place where esbuild still writes paths.

import type { BuildOptions } from 'esbuild'

export const recipeVersion = 1

/** Past this a bundle is refused: it is sent to every peer that runs it. */
export const limitBytes = 32 * 1024 * 1024

export interface RecipeInputs {
  /** The package root. */
  readonly root: string
  /** Packages left outside the bundle. */
  readonly external: readonly string[]
  /** Export conditions besides esbuild's own. */
  readonly conditions: readonly string[]
}

/** What both builds share: that of the bundle and those that only tell exports apart. */
export function recipe({ root, external, conditions }: RecipeInputs): BuildOptions {
  return {
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    charset: 'utf8',
    minifyWhitespace: true,
    legalComments: 'none',
    treeShaking: true,
    loader: { '.wasm': 'binary' },
    external: [...external],
    // An empty list would also take away esbuild's `module` condition.
    ...(conditions.length > 0 ? { conditions: ['module', ...conditions] } : {}),
  }
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
