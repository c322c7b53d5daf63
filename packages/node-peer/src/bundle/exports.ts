// What a bundle exports and what kind of thing each is, read from its syntax. The module is not run
// for it: a program that only submits work must not start what the work starts.

import { type ExportInfo, loweredGenerator } from '@murmuration/core/internal'
import type { ClassDeclaration, Expression, FunctionDeclaration, FunctionExpression, Program } from 'acorn'

export interface ExportKind {
  readonly name: string
  readonly kind: ExportInfo['kind']
}

type Declared = Expression | FunctionDeclaration | ClassDeclaration

/** Functions, generators and classes, by name. Constants are left out; what cannot be told is taken for a function. */
export function exportKinds(program: Program): ExportKind[] {
  const declared = declarations(program)
  const kinds: ExportKind[] = []
  for (const statement of program.body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.source) continue
    for (const { exported, local } of statement.specifiers) {
      if (local.type !== 'Identifier') continue
      const kind = kindOf(declared.get(local.name), declared, new Set([local.name]))
      const name = exported.type === 'Identifier' ? exported.name : String(exported.value)
      if (kind !== null) kinds.push({ name, kind })
    }
  }
  return kinds.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function declarations(program: Program): Map<string, Declared> {
  const declared = new Map<string, Declared>()
  for (const statement of program.body) {
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
      declared.set(statement.id.name, statement)
    } else if (statement.type === 'VariableDeclaration') {
      for (const { id, init } of statement.declarations) {
        if (id.type !== 'Identifier' || !init) continue
        declared.set(id.name, init)
        for (const [name, value] of lazyAssignments(init)) declared.set(name, value)
      }
    }
  }
  return declared
}

/** A module that is also loaded lazily is wrapped: `var init_a=__esm({"a"(){Counter=class{}}})`. */
function lazyAssignments(init: Expression): [string, Expression][] {
  const found: [string, Expression][] = []
  const wrapper = init.type === 'CallExpression' ? init.arguments[0] : undefined
  if (wrapper?.type !== 'ObjectExpression' || wrapper.properties.length !== 1) return found
  const property = wrapper.properties[0]
  if (property?.type !== 'Property' || property.value.type !== 'FunctionExpression') return found
  for (const statement of property.value.body.body) {
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue
    const { left, right } = statement.expression
    if (left.type === 'Identifier') found.push([left.name, right])
  }
  return found
}

function kindOf(
  value: Declared | undefined,
  declared: ReadonlyMap<string, Declared>,
  seen: Set<string>,
): ExportInfo['kind'] | null {
  if (value?.type === 'ArrowFunctionExpression') return 'function'
  if (value?.type === 'FunctionDeclaration' || value?.type === 'FunctionExpression') {
    return value.generator || isLowered(value) ? 'generator' : 'function'
  }
  if (value?.type === 'ClassDeclaration' || value?.type === 'ClassExpression') return 'class'
  if (value?.type === 'Identifier') {
    return seen.has(value.name) ? 'function' : kindOf(declared.get(value.name), declared, seen.add(value.name))
  }
  // `((Color) => {…})(Color || {})` is what an enum compiles to.
  if (value?.type === 'CallExpression' && value.arguments[0]?.type === 'LogicalExpression') {
    return isFunctionText(value.callee) ? null : 'function'
  }
  return value && neverCallable.has(value.type) ? null : 'function'
}

/** Written for engines without generators: `function each(n){var i;return __generator(this,…)}`. */
function isLowered({ body }: FunctionDeclaration | FunctionExpression): boolean {
  const returned = body.body.find((statement) => statement.type === 'ReturnStatement')?.argument
  return (
    returned?.type === 'CallExpression' &&
    returned.callee.type === 'Identifier' &&
    loweredGenerator.test(returned.callee.name)
  )
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
