// Which of a bundle's variables are constants. Bundlers write `var` for each `const` and class of a module, and engines then read
// them anew wherever they are used: numbers in a hot loop cost a tenth of it. Here `const` is given back where that changes
// nothing: nobody writes the variable a second time, and nothing that runs before it can reach it. What
// runs is not known, only what is mentioned; so whatever a statement names counts as run, with all that it names in turn.

import type { AnyNode, ClassBody, Program } from 'acorn'
import type { Reference, Variable } from 'eslint-scope'
import { scopesOf } from './module-scopes.ts'

/** A statement of the module's own level; of a `var` statement each of its variables is one. */
interface Part {
  readonly start: number
  readonly end: number
  /** Whether anything happens when its turn comes; functions only wait to be called. */
  readonly runs: boolean
  /** The `var` statement that it is of, if it gives its variables a value. */
  readonly statement: AnyNode | null
  readonly declares: Variable[]
  readonly mentions: Variable[]
}

/** Where the `var` statements begin that may as well be `const`, in order. The program was parsed with `ranges: true`. */
export function constantsOf(program: Program): number[] {
  const { variables, unknowable } = scopesOf(program)
  if (unknowable) return []
  const parts = partsOf(program)
  for (const variable of variables) enter(variable, parts)
  const changing = new Set<AnyNode>()
  const reached = new Reached(parts)
  for (const part of parts) {
    if (part.runs) reached.add(part)
    if (part.statement === null) continue
    const isConstant = part.declares.every((variable) => isWrittenOnce(variable) && !reached.has(variable))
    if (!isConstant) changing.add(part.statement)
  }
  const all = new Set(parts.map(({ statement }) => statement).filter((statement) => statement !== null))
  return [...all].filter((statement) => !changing.has(statement)).map(({ start }) => start)
}

/** The variables that what has run so far may have come upon. */
class Reached {
  readonly #variables = new Set<Variable>()
  readonly #declaring = new Map<Variable, Part[]>()

  constructor(parts: readonly Part[]) {
    for (const part of parts) {
      for (const variable of part.declares)
        this.#declaring.set(variable, [...(this.#declaring.get(variable) ?? []), part])
    }
  }

  has(variable: Variable): boolean {
    return this.#variables.has(variable)
  }

  add(part: Part): void {
    const waiting = [part]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const variable of next.mentions) {
        if (this.#variables.has(variable)) continue
        this.#variables.add(variable)
        waiting.push(...(this.#declaring.get(variable) ?? []))
      }
    }
  }
}

function partsOf({ body }: Program): Part[] {
  return body.flatMap((statement): Part[] => {
    if (statement.type !== 'VariableDeclaration') {
      const runs = statement.type !== 'FunctionDeclaration' && statement.type !== 'ImportDeclaration'
      return [{ ...spanOf(statement), runs, statement: null, declares: [], mentions: [] }]
    }
    const isVar = statement.kind === 'var' && statement.declarations.every(({ init }) => init)
    return statement.declarations.map((declarator) => ({
      ...spanOf(declarator),
      runs: declarator.id.type !== 'Identifier' || !waits(declarator.init ?? null),
      statement: isVar ? statement : null,
      declares: [],
      mentions: [],
    }))
  })
}

function spanOf({ start, end }: AnyNode): { start: number; end: number } {
  return { start, end }
}

/** Files a variable under the parts that declare it and those that mention it. */
function enter(variable: Variable, parts: readonly Part[]): void {
  for (const { name } of variable.defs) partAt(parts, startOf(name))?.declares.push(variable)
  for (const reference of variable.references) {
    if (!isInitial(reference)) partAt(parts, startOf(reference.identifier))?.mentions.push(variable)
  }
}

function partAt(parts: readonly Part[], at: number): Part | undefined {
  let low = 0
  let high = parts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (parts[middle]!.end <= at) low = middle + 1
    else high = middle
  }
  const part = parts[low]
  return part && part.start <= at ? part : undefined
}

function startOf(node: unknown): number {
  return (node as AnyNode).start
}

function isWrittenOnce({ defs, references }: Variable): boolean {
  return defs.length === 1 && references.every((reference) => !reference.isWrite() || isInitial(reference))
}

/** The value that a declaration gives. */
function isInitial(reference: Reference): boolean {
  return reference.isWrite() && reference.init === true
}

/** Whether a value is there without anything being run or read for it. */
function waits(init: AnyNode | null): boolean {
  if (init === null || init.type === 'Literal') return true
  if (init.type === 'FunctionExpression' || init.type === 'ArrowFunctionExpression') return true
  if (init.type === 'UnaryExpression') return init.argument.type === 'Literal'
  return init.type === 'ClassExpression' && !init.superClass && !buildsAtOnce(init.body)
}

/** Static fields and blocks, and names that are worked out, run with the class itself. */
function buildsAtOnce({ body }: ClassBody): boolean {
  return body.some(
    (member) =>
      member.type === 'StaticBlock' || member.computed || (member.type === 'PropertyDefinition' && member.static),
  )
}
