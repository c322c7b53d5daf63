// Which methods of a class are generators, its own and those that it inherits from classes of the same bundle. What is
// computed, private or static is no method of a handle. A class nobody can read from here (one that a call returns)
// has none as far as is known: then the call itself says what to do.

import { loweredGenerator } from '@murmuration/core/internal'
import type {
  ClassDeclaration,
  ClassExpression,
  FunctionDeclaration,
  FunctionExpression,
  MethodDefinition,
  PropertyDefinition,
} from 'acorn'
import { type Declared, resolved } from './declarations.ts'

export function generatorMethods(value: Declared | undefined, declared: ReadonlyMap<string, Declared>): string[] {
  const yields = new Map<string, boolean>()
  const seen = new Set<Declared>()
  for (let at = value; isClass(at) && !seen.has(at); at = resolved(at.superClass ?? undefined, declared)) {
    seen.add(at)
    for (const part of at.body.body) {
      if (part.type !== 'MethodDefinition' && part.type !== 'PropertyDefinition') continue
      const name = nameOf(part)
      // The nearest to the instance is the one that is called.
      if (name !== null && !yields.has(name)) yields.set(name, isYielding(part))
    }
  }
  return [...yields].filter(([, does]) => does).map(([name]) => name)
}

function isClass(value: Declared | undefined): value is ClassDeclaration | ClassExpression {
  return value?.type === 'ClassDeclaration' || value?.type === 'ClassExpression'
}

function nameOf({ key, computed, static: isStatic }: MethodDefinition | PropertyDefinition): string | null {
  if (isStatic || computed) return null
  if (key.type === 'Identifier') return key.name
  return key.type === 'Literal' ? String(key.value) : null
}

function isYielding({ value }: MethodDefinition | PropertyDefinition): boolean {
  return value?.type === 'FunctionExpression' && isGenerator(value)
}

/** Or written for engines without generators: `function each(n){var i;return __generator(this,…)}`. */
export function isGenerator({ generator, body }: FunctionDeclaration | FunctionExpression): boolean {
  if (generator) return true
  const returned = body.body.find((statement) => statement.type === 'ReturnStatement')?.argument
  return (
    returned?.type === 'CallExpression' &&
    returned.callee.type === 'Identifier' &&
    loweredGenerator.test(returned.callee.name)
  )
}
