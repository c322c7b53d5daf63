// esbuild labels every CommonJS module it wraps with its path: `__commonJS({"node_modules/x/index.js"(…`.
// The label is never read, but it differs between package managers and would make equal code differ.

import type { Program } from 'acorn'
import type { Edit } from './edits.ts'

const label = '"m"'
const wrapper = /^__(commonJS|esm)(Min)?\d*$/

/** For text that is only compared, never run. */
export function withoutLabels(text: string): string {
  return text.replaceAll(/(__(?:commonJS|esm)(?:Min)?\d*\(\{)"(?:[^"\\]|\\.)*"(?=\()/g, `$1${label}`)
}

/** Puts the same word in the place of each. */
export function labelEdits(program: Program): Edit[] {
  const edits: Edit[] = []
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration') continue
    for (const { init } of statement.declarations) {
      if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier') continue
      if (!wrapper.test(init.callee.name)) continue
      const modules = init.arguments[0]
      const property = modules?.type === 'ObjectExpression' ? modules.properties[0] : undefined
      if (property?.type !== 'Property' || property.key.type !== 'Literal') continue
      const { start, end } = property.key
      edits.push({ start, end, text: label })
    }
  }
  return edits
}
