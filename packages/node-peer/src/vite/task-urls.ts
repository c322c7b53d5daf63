// Finds `new URL('./tiles.task.ts', import.meta.url)` in JavaScript: the expression itself, and not what a comment or
// a text says of it.

import { parse } from 'acorn'
import type { AnyNode, NewExpression } from 'acorn'

export interface TaskUrl {
  /** As it was written. */
  readonly path: string
  readonly start: number
  readonly end: number
}

const taskModule = /\.task\.(ts|js|mjs|mts|tsx)$/

/** In the order of the text. Throws SyntaxError for what is no JavaScript. */
export function taskUrlsIn(code: string): TaskUrl[] {
  // Parsing everything that a page is made of would take long.
  if (!/\.task\.\w+['"`]/.test(code) || !code.includes('import.meta')) return []
  const found: TaskUrl[] = []
  const waiting: AnyNode[] = [parse(code, { ecmaVersion: 'latest', sourceType: 'module' })]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const path = node.type === 'NewExpression' ? pathOf(node) : null
    if (path !== null) found.push({ path, start: node.start, end: node.end })
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) waiting.push(child)
  }
  return found.sort((a, b) => a.start - b.start)
}

function pathOf({ callee, arguments: [path, base, ...more] }: NewExpression): string | null {
  if (callee.type !== 'Identifier' || callee.name !== 'URL' || more.length > 0) return null
  const isHere =
    base?.type === 'MemberExpression' &&
    base.object.type === 'MetaProperty' &&
    base.property.type === 'Identifier' &&
    base.property.name === 'url'
  const text = path === undefined ? null : textOf(path)
  return isHere && text !== null && taskModule.test(text) ? text : null
}

function textOf(node: AnyNode): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return null
  return node.quasis[0]?.value.cooked ?? null
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
