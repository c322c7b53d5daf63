// The first line of a bundle: a comment that says what the code wants around it. It is part of the
// bytes, so it enters the code's id, reaches every peer that fetches the code, and needs no
// protocol of its own. Of the files that come with it only names, sizes and hashes are there; each is fetched
// and kept by itself (bundles.ts).

import * as z from 'zod/mini'
import type { Packages } from './code-port.ts'

/** A file that comes with a module. */
export type Asset = readonly [sha256: string, bytes: number]

export interface CodeManifest {
  /** Environment variables that `use({ env })` asked for. */
  readonly env: Readonly<Record<string, string>>
  /** By file name; the bytes are kept under `assetObject(hash)`. */
  readonly assets: Readonly<Record<string, Asset>>
  /** What peers must have installed. */
  readonly packages?: Packages | undefined
  /** The kind of peer that it runs on, if on one only. */
  readonly kind?: 'node' | 'browser' | undefined
}

const prefix = '//murmuration '
const manifestSchema = z.object({
  recipe: z.number(),
  env: z.record(z.string(), z.string()),
  assets: z.record(z.string(), z.tuple([z.string().check(z.regex(/^[0-9a-f]{64}$/)), z.int().check(z.minimum(0))])),
  packages: z.optional(z.record(z.string(), z.string())),
  kind: z.optional(z.enum(['node', 'browser'])),
})
const nothing: CodeManifest = { env: {}, assets: {} }

/** The line, newline included. Equal manifests give equal lines, whatever order their keys came in. */
export function manifestLine(recipe: number, { env, assets, packages = {}, kind }: CodeManifest): string {
  const outside = Object.keys(packages).length > 0 ? { packages: sorted(packages) } : {}
  const text = JSON.stringify({ recipe, env: sorted(env), assets: sorted(assets), ...outside, kind })
  // Two characters that JSON leaves alone end a comment in JavaScript.
  return `${prefix}${text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`
}

/** What a bundle asks for; nothing when it has no such line, as a `mesh.fn` has not. */
export function readManifest(source: Uint8Array): CodeManifest {
  const end = source.indexOf(10)
  const line = new TextDecoder().decode(source.subarray(0, end === -1 ? 0 : end))
  if (!line.startsWith(prefix)) return nothing
  try {
    return manifestSchema.parse(JSON.parse(line.slice(prefix.length)))
  } catch {
    return nothing
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
