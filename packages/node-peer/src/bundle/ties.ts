// Whether a bundle can leave Node: it cannot when it still reaches a module of Node's own, or a
// package that was left outside. The first import that does so is named, the user's own files first.

import { isBuiltin } from 'node:module'
import type { LoadedModule } from '@murmuration/core/internal'
import type { Program } from 'acorn'
import type { Metafile } from 'esbuild'

export function whatTiesToNode(metafile: Metafile, external: readonly string[]): LoadedModule['only'] {
  const output = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)
  const reached = new Set(output?.imports.filter((entry) => entry.external).map(({ path }) => path))
  // Only files that are still in after tree shaking count.
  const files = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  const ownFirst = files.map(([file]) => file).sort((a, b) => Number(isPackaged(a)) - Number(isPackaged(b)))
  for (const file of ownFirst) {
    for (const { path, external: outside } of metafile.inputs[file]?.imports ?? []) {
      if (outside !== true || !reached.has(path)) continue
      if (isBuiltin(path)) return { kind: 'node', because: `imports node:${path.replace(/^node:/, '')} in ${file}` }
      if (isNamed(path, external)) return { kind: 'node', because: `leaves ${path} outside the bundle, in ${file}` }
    }
  }
  return null
}

/** esbuild adds a `__require` where CommonJS asks for what is only known when it runs; code that tests for it can do without. */
export function callsRequire(text: string, { body }: Program): LoadedModule['only'] {
  const declarations = body.flatMap((statement) =>
    statement.type === 'VariableDeclaration' ? statement.declarations : [],
  )
  const calls = declarations.some(({ id }) => id.type === 'Identifier' && id.name === '__require')
  return calls && !text.includes('typeof __require') ? { kind: 'node', because: 'calls require()' } : null
}

function isPackaged(file: string): boolean {
  return file.includes('node_modules/')
}

function isNamed(path: string, external: readonly string[]): boolean {
  return external.some((name) => path === name || path.startsWith(`${name}/`))
}
