// What a bundle exports and what kind of thing each is, read from its syntax. The module is not run
// for it: a program that only submits work must not start what the work starts.

import type { ExportInfo } from '@murmuration/core/internal'
import type { Program } from 'acorn'
import { type Declared, declarations, resolved } from './declarations.ts'
import { generatorMethods, isGenerator } from './generator-methods.ts'

export type ExportKind = Omit<ExportInfo, 'digest'>

/** Functions, generators and classes, by name. Constants are left out; what cannot be told is taken for a function. */
export function exportKinds(program: Program): ExportKind[] {
  const declared = declarations(program)
  const kinds: ExportKind[] = []
  for (const statement of program.body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.source) continue
    for (const { exported, local } of statement.specifiers) {
      if (local.type !== 'Identifier') continue
      const value = resolved(declared.get(local.name), declared)
      const kind = kindOf(value)
      const name = exported.type === 'Identifier' ? exported.name : String(exported.value)
      if (kind === null) continue
      const generators = kind === 'class' ? generatorMethods(value, declared) : []
      kinds.push(generators.length === 0 ? { name, kind } : { name, kind, generators })
    }
  }
  return kinds.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function kindOf(value: Declared | undefined): ExportInfo['kind'] | null {
  if (value?.type === 'ArrowFunctionExpression') return 'function'
  if (value?.type === 'FunctionDeclaration' || value?.type === 'FunctionExpression') {
    return isGenerator(value) ? 'generator' : 'function'
  }
  if (value?.type === 'ClassDeclaration' || value?.type === 'ClassExpression') return 'class'
  // `((Color) => {…})(Color || {})` is what an enum compiles to.
  if (value?.type === 'CallExpression' && value.arguments[0]?.type === 'LogicalExpression') {
    return isFunctionText(value.callee) ? null : 'function'
  }
  return value && neverCallable.has(value.type) ? null : 'function'
}

const neverCallable = new Set([
  'Literal',
  'TemplateLiteral',
  'ObjectExpression',
  'ArrayExpression',
  'NewExpression',
  'UnaryExpression',
  'BinaryExpression',
  'UpdateExpression',
])

function isFunctionText({ type }: { readonly type: string }): boolean {
  return type === 'ArrowFunctionExpression' || type === 'FunctionExpression'
}
