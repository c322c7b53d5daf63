// Bundles as files, since Node imports files best: stacks show a path, and a worker that starts
// again finds the module compiled. So is what comes with them, under its own name, for libraries that open
// files themselves. A file is named by its hash, or lies in a folder that is, and is checked before it is trusted.
// Without a home to write to, a directory of this process under the temporary one serves.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { symlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AssetFile, CodeUrl } from '@murmuration/core/internal'
import { codeOf, readIfThere, writeWhole } from './home.ts'
import { sha256 } from './sha256.ts'

export interface CodeCache {
  readonly url: CodeUrl
  readonly assetFile: AssetFile
  close(): void
}

/**
 * Without a home they are kept for as long as this process lives. `modules`: a folder; what its node_modules has, bundles can import,
 * since Node looks for packages in the folders above a file, and there is a link to it.
 */
export function createCodeCache(home: string | null, modules?: string): CodeCache {
  let temporary: string | null = null
  const place = modules === undefined ? [] : ['modules', sha256(resolve(modules)).slice(0, 16)]

  /** `path`: below the cache. */
  async function keep(path: readonly string[], bytes: Uint8Array, what: string): Promise<string> {
    if (home === null) return keepElsewhere({ path, bytes }, `${what} can be kept nowhere else`)
    const file = join(home, 'cache', ...place, ...path)
    try {
      return await keepIn(join(home, 'cache', ...place), { path, bytes }, modules)
    } catch (error) {
      return keepElsewhere({ path, bytes }, `${what} can be kept neither in ${dirname(file)} (${messageOf(error)})`)
    }
  }

  async function keepElsewhere(
    { path, bytes }: { readonly path: readonly string[]; readonly bytes: Uint8Array },
    neither: string,
  ): Promise<string> {
    try {
      temporary ??= makeTemporary()
      return await keepIn(temporary, { path, bytes }, modules)
    } catch (error) {
      const way = 'make room there, or name other places with MURMURATION_HOME and TMPDIR'
      throw new Error(`${neither} nor in ${tmpdir()} (${messageOf(error)}): ${way}`, { cause: error })
    }
  }

  return {
    async url(code, source) {
      return pathToFileURL(await keep(['code', `${checked(code)}.mjs`], source, 'the bundle')).href
    },
    assetFile({ hash, name }, bytes) {
      return keep(['assets', checked(hash), fileName(name)], bytes, `the asset ${name}`)
    },
    close() {
      if (temporary !== null) remove(temporary)
    },
  }
}

function checked(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash
  throw new Error(`${JSON.stringify(hash)} is no code id: 64 hex digits are expected`)
}

/** The name came with the code: it must not lead elsewhere. */
function fileName(name: string): string {
  const isPlain = name !== '.' && name !== '..' && !/[/\\:\0]/.test(name)
  return isPlain ? name : 'asset'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Directories of this process. What is written into one while it closes goes at the end. */
const temporaries = new Set<string>()

/** Private, so that no other user of the machine can put code there. */
function makeTemporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'murmuration-code-'))
  if (temporaries.size === 0) process.on('exit', () => temporaries.forEach(remove))
  temporaries.add(directory)
  return directory
}

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
}

async function keepIn(
  directory: string,
  { path, bytes }: { readonly path: readonly string[]; readonly bytes: Uint8Array },
  modules: string | undefined,
): Promise<string> {
  const file = join(directory, ...path)
  const there = await readIfThere(file)
  if (there === null || !there.equals(bytes)) await writeWhole(file, bytes)
  if (modules !== undefined) await linkModules(directory, modules)
  return file
}

async function linkModules(directory: string, modules: string): Promise<void> {
  try {
    await symlink(resolve(modules, 'node_modules'), join(directory, 'node_modules'), 'junction')
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}
