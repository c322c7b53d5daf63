// Bundles as files, since Node imports files best: stacks show a path, and a worker that starts
// again finds the module compiled. A file is named by its hash and checked before it is trusted.
// Without a home to write to, a directory of this process under the temporary one serves.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CodeId, CodeUrl } from '@murmuration/core/internal'
import { readIfThere, writeWhole } from './home.ts'

export interface CodeCache {
  readonly url: CodeUrl
  close(): void
}

/** Without a home they are kept for as long as this process lives. */
export function createCodeCache(home: string | null): CodeCache {
  let temporary: string | null = null

  async function keep(code: CodeId, source: Uint8Array): Promise<string> {
    if (!/^[0-9a-f]{64}$/.test(code))
      throw new Error(`${JSON.stringify(code)} is no code id: 64 hex digits are expected`)
    if (home === null) return keepElsewhere(code, source, 'nowhere else')
    const directory = join(home, 'cache', 'code')
    try {
      return await keepIn(directory, code, source)
    } catch (error) {
      return keepElsewhere(code, source, `neither in ${directory} (${messageOf(error)})`)
    }
  }

  async function keepElsewhere(code: CodeId, source: Uint8Array, neither: string): Promise<string> {
    try {
      temporary ??= makeTemporary()
      return await keepIn(temporary, code, source)
    } catch (error) {
      const way = 'make room there, or name other places with MURMURATION_HOME and TMPDIR'
      throw new Error(`the bundle can be kept ${neither} nor in ${tmpdir()} (${messageOf(error)}): ${way}`, {
        cause: error,
      })
    }
  }

  return {
    url: keep,
    close() {
      if (temporary !== null) remove(temporary)
    },
  }
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

async function keepIn(directory: string, code: CodeId, source: Uint8Array): Promise<string> {
  const path = join(directory, `${code}.mjs`)
  const there = await readIfThere(path)
  if (there === null || !there.equals(source)) await writeWhole(path, source)
  return pathToFileURL(path).href
}
