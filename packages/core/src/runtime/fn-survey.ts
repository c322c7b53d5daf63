// One walk over a parsed function, for what scope analysis does not tell: whose `this` and `super` it
// uses, what it imports, which free names it only asks about with `typeof`, and which members of a
// free name it reads. It collects, fn-source.ts judges.

import type { AnyNode, Identifier } from 'acorn'

export interface Findings {
  readonly usesThis: boolean
  readonly usesSuper: boolean
  readonly usesImportMeta: boolean
  /** Specifiers of dynamic imports; null where it is not a plain string. */
  readonly imports: readonly (string | null)[]
  /** Names that stand behind a `typeof` somewhere. */
  readonly asked: ReadonlySet<string>
  /** True when the name stands nowhere else. */
  onlyAsked(name: string): boolean
  /** True when it is called somewhere, so that it is a function. */
  isCalled(name: string): boolean
  /** True when it is assigned to somewhere. */
  isChanged(name: string): boolean
  /** `['chunk']` for `name.chunk(x)`, in order of appearance. */
  members(name: string): readonly string[]
}

class Survey implements Findings {
  usesThis = false
  usesSuper = false
  usesImportMeta = false
  readonly imports: (string | null)[] = []
  readonly asked = new Set<string>()
  readonly #used = new Set<string>()
  readonly #called = new Set<string>()
  readonly #changed = new Set<string>()
  readonly #members = new Map<string, Set<string>>()

  onlyAsked(name: string): boolean {
    return this.asked.has(name) && !this.#used.has(name)
  }

  isCalled(name: string): boolean {
    return this.#called.has(name)
  }

  isChanged(name: string): boolean {
    return this.#changed.has(name)
  }

  members(name: string): readonly string[] {
    return [...(this.#members.get(name) ?? [])]
  }

  note(node: AnyNode, parent: AnyNode | null, ownThis: boolean): void {
    if (node.type === 'ThisExpression') this.usesThis ||= !ownThis
    else if (node.type === 'Super') this.usesSuper ||= !ownThis
    else if (node.type === 'MetaProperty') this.usesImportMeta ||= node.meta.name === 'import'
    else if (node.type === 'ImportExpression') this.imports.push(plainString(node.source))
    else if (node.type === 'CallExpression') this.#noteInjectedImport(node)
    else if (node.type === 'Identifier') this.#noteName(node, parent)
  }

  #noteName(node: Identifier, parent: AnyNode | null): void {
    if (parent?.type === 'UnaryExpression' && parent.operator === 'typeof') this.asked.add(node.name)
    else if (!isPropertyName(node, parent)) this.#used.add(node.name)
    if (isCallee(node, parent)) this.#called.add(node.name)
    if (isTarget(node, parent)) this.#changed.add(node.name)
    if (parent?.type !== 'MemberExpression' || parent.object !== node) return
    const { property } = parent
    const member = parent.computed ? plainString(property) : 'name' in property ? property.name : null
    if (member === null) return
    const members = this.#members.get(node.name) ?? new Set()
    this.#members.set(node.name, members.add(member))
  }

  /** Vite turns `import(x)` into a call of its own. */
  #noteInjectedImport(node: Extract<AnyNode, { type: 'CallExpression' }>): void {
    if (node.callee.type !== 'Identifier') return
    if (!/^__(vite_ssr|vi)_dynamic_import__$/.test(node.callee.name)) return
    this.imports.push(plainString(node.arguments[0]))
  }
}

export function survey(root: AnyNode): Findings {
  const found = new Survey()
  // A stack of our own: generated functions nest deeper than the call stack may.
  const waiting: { node: AnyNode; parent: AnyNode | null; ownThis: boolean }[] = [
    { node: root, parent: null, ownThis: false },
  ]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, parent, ownThis } = next
    found.note(node, parent, ownThis)
    const inside = ownThis || (node !== root && bindsThis(node))
    // Pushed in reverse, so that they come out in source order.
    for (const child of childrenOf(node).reverse()) waiting.push({ node: child, parent: node, ownThis: inside })
  }
  return found
}

function bindsThis(node: AnyNode): boolean {
  return node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration' || node.type === 'ClassBody'
}

function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = []
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) if (isNode(item)) children.push(item)
  }
  return children
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function plainString(node: AnyNode | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null
}

function isCallee(node: Identifier, parent: AnyNode | null): boolean {
  if (parent?.type === 'CallExpression' || parent?.type === 'NewExpression') return parent.callee === node
  return parent?.type === 'TaggedTemplateExpression' && parent.tag === node
}

function isTarget(node: Identifier, parent: AnyNode | null): boolean {
  if (parent?.type === 'AssignmentExpression') return parent.left === node
  return parent?.type === 'UpdateExpression' && parent.argument === node
}

/** `x` in `a.x` and `{ x: 1 }` is a label, not a use. */
function isPropertyName(node: Identifier, parent: AnyNode | null): boolean {
  if (parent?.type === 'MemberExpression') return parent.property === node && !parent.computed
  return parent?.type === 'Property' && parent.key === node && !parent.computed && !parent.shorthand
}
