// A project on disk for one test: files by path, and a CodePort over it that remembers what it kept.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CodeId, LoadedModule, UseRequest } from '@murmuration/core/internal'
import { onTestFinished } from 'vitest'
import type { BundleTools } from '../../src/bundle/bundle.ts'
import { createNodeCode } from '../../src/bundle/node-code.ts'
import type { Origin } from '../../src/bundle/stack-map.ts'
import { sha256 } from '../../src/sha256.ts'

export interface Kept {
  readonly source: Uint8Array
  readonly assets: ReadonlyMap<string, Uint8Array>
  readonly origin: Origin
}

export interface Project {
  readonly directory: string
  readonly kept: Map<CodeId, Kept>
  readonly write: (files: Readonly<Record<string, string | Uint8Array>>) => void
  readonly url: (path: string) => URL
  readonly use: (path: string | URL, request?: Partial<UseRequest>) => Promise<LoadedModule>
  readonly fn: (f: (...args: never[]) => unknown, constants?: Record<string, unknown>) => LoadedModule
  readonly text: (code: CodeId) => string
  /** Runs the bundle as a worker would: from a file named by its id. */
  readonly load: (code: CodeId) => Promise<Record<string, (...args: unknown[]) => unknown>>
}

export function project(
  files: Readonly<Record<string, string | Uint8Array>>,
  tools: Pick<BundleTools, 'limitBytes'> = {},
): Project {
  const directory = mkdtempSync(join(tmpdir(), 'murmuration-bundle-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const kept = new Map<CodeId, Kept>()
  const code = createNodeCode({
    ...tools,
    sha256,
    keep: (id, bytes, origin) => void kept.set(id, { ...bytes, origin }),
  })
  const text = (id: CodeId): string => new TextDecoder().decode(kept.get(id)?.source)
  const made: Project = {
    directory,
    kept,
    text,
    write(more) {
      for (const [path, content] of Object.entries(more)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true })
        writeFileSync(join(directory, path), content)
      }
    },
    url: (path) => pathToFileURL(join(directory, path)),
    use: (path, request = {}) =>
      code.use(path instanceof URL ? path : made.url(path), { env: {}, assets: [], external: [], ...request }),
    fn: (f, constants = {}) => code.fn(f, constants),
    async load(id) {
      made.write({ [`cache/${id}.mjs`]: text(id) })
      return (await import(/* @vite-ignore */ made.url(`cache/${id}.mjs`).href)) as never
    },
  }
  made.write({ 'package.json': '{ "name": "example", "type": "module" }', ...files })
  return made
}
