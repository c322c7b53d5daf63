// What a bundle declares at its top, by name, and what a name stands for in the end: read from its syntax.

import type { ClassDeclaration, Expression, FunctionDeclaration, Program } from 'acorn'

export type Declared = Expression | FunctionDeclaration | ClassDeclaration

export function declarations(program: Program): Map<string, Declared> {
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

/** What a name stands for in the end. */
export function resolved(value: Declared | undefined, declared: ReadonlyMap<string, Declared>): Declared | undefined {
  const seen = new Set<Declared>()
  let at = value
  while (at?.type === 'Identifier' && !seen.has(at)) {
    seen.add(at)
    at = declared.get(at.name)
  }
  return at
}
