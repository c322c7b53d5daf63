// Finds `new URL('./tiles.task.ts', import.meta.url)` in JavaScript: the expression itself, and not what a comment or
// a text says of it. Where it is the first argument of a call, as in `mesh.use(url, { assets: [new URL(…)] })`, it finds
// the files that are to come with the module too; they have to be written there, one by one.

import { parse } from 'acorn'
import type { AnyNode } from 'acorn'

export interface TaskUrl {
  /** As it was written. */
  readonly path: string
  /** Of the files that come with it, likewise; those that cannot be told from here `use` refuses in the page. */
  readonly assets: readonly string[]
  readonly start: number
  readonly end: number
}

const taskModule = /\.task\.(ts|js|mjs|mts|tsx)$/

/** In the order of the text. Throws SyntaxError for what is no JavaScript. */
export function taskUrlsIn(code: string): TaskUrl[] {
  // Parsing everything that a page is made of would take long.
  if (!/\.task\.\w+['"`]/.test(code) || !code.includes('import.meta')) return []
  const found = new Map<number, TaskUrl>()
  const waiting: AnyNode[] = [parse(code, { ecmaVersion: 'latest', sourceType: 'module' })]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const call = node.type === 'CallExpression' ? node : null
    const url = call?.arguments[0] ?? node
    const path = pathOf(url)
    // A call comes before what it is called with.
    if (path !== null && taskModule.test(path) && !found.has(url.start))
      found.set(url.start, { path, assets: assetsOf(call?.arguments[1]), start: url.start, end: url.end })
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) waiting.push(child)
  }
  return [...found.values()].sort((a, b) => a.start - b.start)
}

function assetsOf(options: AnyNode | undefined): readonly string[] {
  if (options?.type !== 'ObjectExpression') return []
  const list = options.properties.find((one) => one.type === 'Property' && keyOf(one.key) === 'assets')
  if (list?.type !== 'Property' || list.value.type !== 'ArrayExpression') return []
  const paths = list.value.elements.map((one) => (one === null ? null : pathOf(one)))
  return paths.filter((path) => path !== null)
}

function keyOf(key: AnyNode): string | null {
  return key.type === 'Identifier' ? key.name : textOf(key)
}

/** Of `new URL('…', import.meta.url)`. */
function pathOf(node: AnyNode): string | null {
  if (node.type !== 'NewExpression') return null
  const {
    callee,
    arguments: [path, base, ...more],
  } = node
  if (callee.type !== 'Identifier' || callee.name !== 'URL' || more.length > 0) return null
  const isHere =
    base?.type === 'MemberExpression' &&
    base.object.type === 'MetaProperty' &&
    base.property.type === 'Identifier' &&
    base.property.name === 'url'
  return isHere && path !== undefined ? textOf(path) : null
}

function textOf(node: AnyNode): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return null
  return node.quasis[0]?.value.cooked ?? null
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}
