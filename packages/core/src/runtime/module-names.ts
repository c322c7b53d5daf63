// Which kind of peer a piece of code is for, by the names it uses from outside: `process` is Node's,
// `OffscreenCanvas` a browser's. A name behind a `typeof` somewhere is no tie: that code asks where it runs.

import type { Program } from 'acorn'
import type { LoadedModule } from './code-port.ts'
import { onlyBrowser, onlyNode } from './fn-names.ts'
import { survey } from './fn-survey.ts'
import { scopesOf } from './module-scopes.ts'

type Only = NonNullable<LoadedModule['only']>

/** The kind that has this name, when only one of them has it; `asked`: names that stand behind a `typeof`. */
export function onlyByName(name: string, asked: ReadonlySet<string>): LoadedModule['only'] {
  if (asked.has(name)) return null
  if (onlyNode.has(name)) return { kind: 'node', because: `uses ${name}` }
  return onlyBrowser.has(name) ? { kind: 'browser', because: `uses ${name}` } : null
}

/** What CommonJS has besides; a function that uses them is refused, a bundle may have them from a package. */
const ofCommonJs = new Set(['require', '__dirname', '__filename'])

/** All such ties of a whole module, a kind at most once. It was parsed with `ranges: true`. */
export function tiesByName(program: Program): readonly Only[] {
  const { asked } = survey(program)
  const ties = new Map<Only['kind'], Only>()
  for (const name of [...scopesOf(program).free].sort()) {
    const isTied = ofCommonJs.has(name) && !asked.has(name)
    const tie = isTied ? { kind: 'node' as const, because: `uses ${name}` } : onlyByName(name, asked)
    if (tie !== null && !ties.has(tie.kind)) ties.set(tie.kind, tie)
  }
  return [...ties.values()]
}
