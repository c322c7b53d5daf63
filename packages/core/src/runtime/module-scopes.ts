// The scopes of a parsed module, analysed once for all who ask about it.

import type { Program } from 'acorn'
import { analyze, type Variable } from 'eslint-scope'

export interface ModuleScopes {
  /** Every name that no scope of the program declares. */
  readonly free: ReadonlySet<string>
  /** What the module itself declares, outside of its functions. */
  readonly variables: readonly Variable[]
  /** Text that is only known when it runs may write any of them. */
  readonly unknowable: boolean
}

const known = new WeakMap<Program, ModuleScopes>()

/** The program was parsed with `ranges: true`. */
export function scopesOf(program: Program): ModuleScopes {
  let scopes = known.get(program)
  if (!scopes) known.set(program, (scopes = analysed(program)))
  return scopes
}

function analysed(program: Program): ModuleScopes {
  const found = analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2022, sourceType: 'module' })
  const free = new Set(found.globalScope?.through.map((reference) => reference.identifier.name))
  const variables = found.scopes.find(({ type }) => type === 'module')?.variables ?? []
  return { free, variables, unknowable: free.has('eval') }
}
