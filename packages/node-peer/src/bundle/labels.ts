// esbuild labels every CommonJS module it wraps with its path: `__commonJS({"node_modules/x/index.js"(…`.
// The label is never read, but it differs between package managers and would make equal code differ.
// It is cut out of the bundle, and the source map is moved along with the text behind it.

import { decode, encode } from '@jridgewell/sourcemap-codec'
import type { Program } from 'acorn'

const label = '"m"'
const wrapper = /^__(commonJS|esm)(Min)?\d*$/

interface Cut {
  readonly start: number
  readonly end: number
}

/** For text that is only compared, never run. */
export function withoutLabels(text: string): string {
  return text.replaceAll(/(__(?:commonJS|esm)(?:Min)?\d*\(\{)"(?:[^"\\]|\\.)*"(?=\()/g, `$1${label}`)
}

export function cutLabels(text: string, program: Program, mappings: string): { text: string; mappings: string } {
  const cuts = labelsIn(program)
  if (cuts.length === 0) return { text, mappings }
  let result = ''
  let from = 0
  for (const { start, end } of cuts) {
    result += text.slice(from, start) + label
    from = end
  }
  return { text: result + text.slice(from), mappings: moveMappings(text, cuts, mappings) }
}

function labelsIn(program: Program): Cut[] {
  const cuts: Cut[] = []
  for (const statement of program.body) {
    if (statement.type !== 'VariableDeclaration') continue
    for (const { init } of statement.declarations) {
      if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier') continue
      if (!wrapper.test(init.callee.name)) continue
      const modules = init.arguments[0]
      const property = modules?.type === 'ObjectExpression' ? modules.properties[0] : undefined
      if (property?.type === 'Property' && property.key.type === 'Literal') cuts.push(property.key)
    }
  }
  return cuts
}

/** Cuts lie within one line each, so only columns behind them on that line move. */
function moveMappings(text: string, cuts: readonly Cut[], mappings: string): string {
  const lines = decode(mappings)
  let lineStart = 0
  let line = 0
  let moved = 0
  for (const { start, end } of cuts) {
    for (let next = text.indexOf('\n', lineStart); next !== -1 && next < start; next = text.indexOf('\n', lineStart)) {
      lineStart = next + 1
      line += 1
      moved = 0
    }
    const shift = label.length - (end - start)
    for (const segment of lines[line] ?? []) if (segment[0] >= end - lineStart + moved) segment[0] += shift
    moved += shift
  }
  return encode(lines)
}
