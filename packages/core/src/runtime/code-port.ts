// What a scope needs to turn a module or a function into code that any peer can run. Platforms
// implement it (esbuild in Node, a build-time manifest in pages, the running bundle in a worker).

import type { CodeId } from '../model/ids.ts'

export interface ExportInfo {
  readonly name: string
  readonly kind: 'function' | 'generator' | 'class'
  /** Hash of the tree-shaken export: what its tasks' ids take, so that editing one export leaves the others' ids alone. */
  readonly digest: string
  /** Of a class: its methods that are generators. Default: none. */
  readonly generators?: readonly string[] | undefined
}

/** Packages by name, each as `0.34` or `2`: with whatever comes after that one is as good as another. */
export type Packages = Readonly<Record<string, string>>

/** A bundle, and the files that came with it by their hash: its own first line has their names. */
export interface BundleBytes {
  readonly source: Uint8Array
  readonly assets: ReadonlyMap<string, Uint8Array>
}

/** Of code that comes without files. */
export const noAssets: BundleBytes['assets'] = new Map()

export interface LoadedModule {
  readonly code: CodeId
  /** For errors and lists: `tiles.task.ts`. */
  readonly name: string
  readonly exports: readonly ExportInfo[]
  /** Set when the bundle only runs on one kind of peer, with the import that did it. */
  readonly only: { readonly kind: 'node' | 'browser'; readonly because: string } | null
  /** What was left outside and peers must have, each with the versions that will do: `{ sharp: '0.34' }`. */
  readonly packages?: Packages | undefined
  /** For a peer that has let go of them; null inside a task, whose peer has what runs. */
  readonly bytes: BundleBytes | null
}

export interface UseRequest {
  readonly env: Readonly<Record<string, string>>
  readonly assets: readonly URL[]
  readonly external: readonly string[]
}

export interface CodePort {
  /** Rejects with MeshError BUNDLE_FAILED. */
  use(module: URL, request: UseRequest): Promise<LoadedModule>
  /** Throws MeshError INVALID_OPTION naming the free variables. Synchronous: the source is hashed here, kept soon after. */
  fn(f: (...args: never[]) => unknown, constants: Readonly<Record<string, unknown>>): LoadedModule
}
