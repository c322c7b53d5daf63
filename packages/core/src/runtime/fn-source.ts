// Turns the function given to `mesh.fn` into a module that stands alone, or says why it cannot. The
// source is parsed, its free variables are found by a scope analysis, and every one must be a name
// that workers have, a constant that was passed, or something a build tool put there. So a closure is
// an error at the call, in a sentence, and not a ReferenceError on another machine. Nothing is run.

import { parse } from 'acorn'
import type { AnyNode, Expression, Options, Program } from 'acorn'
import { MeshError } from '../errors.ts'
import type { CodeId } from '../model/ids.ts'
import { type BundleBytes, type ExportInfo, type LoadedModule, noAssets } from './code-port.ts'
import { constantsSource, isIdentifier } from './fn-constants.ts'
import { everywhere, hints, meansOldTarget, onlyBrowser, onlyNode, onlyPage, standsForImport } from './fn-names.ts'
import { slipOf, suppliedByUs } from './fn-names.ts'
import { type Findings, survey } from './fn-survey.ts'
import { onlyByName } from './module-names.ts'
import { scopesOf } from './module-scopes.ts'
import type { Sha256 } from './ports.ts'

/** The export under which a function without a usable name is found in the module made from it. */
export const fnExport = 'fn'

export interface FnSource {
  /** A whole module: `const square=(x)=>x*x;export{square};`. Equal for equal functions and constants. */
  readonly source: string
  /** The function's own name, `fn` when it has none. */
  readonly name: string
  /** The export that it is: its name where that is free, since lists and errors name tasks by it. */
  readonly exported: string
  readonly kind: Exclude<ExportInfo['kind'], 'class'>
  readonly only: LoadedModule['only']
}

const syntax: Options = { ecmaVersion: 'latest', sourceType: 'module' }

interface ParsedFunction {
  /** An expression whose value is the function. */
  readonly text: string
  readonly program: Program
  readonly root: AnyNode
  /** True when the function's own name means the function inside it, should it be free there. */
  readonly knowsItself: boolean
}

/** The module of a function, as a CodePort's `fn` answers it, and the bytes to keep under its id. */
export function fnModule(
  f: (...args: never[]) => unknown,
  constants: Readonly<Record<string, unknown>>,
  sha256: Sha256,
): { readonly module: LoadedModule; readonly bytes: BundleBytes } {
  const { source, name, exported, kind, only } = fnSource(f, constants)
  const code = sha256(source) as CodeId
  const bytes = { source: new TextEncoder().encode(source), assets: noAssets }
  const exports = [{ name: exported, kind, digest: code }]
  return { module: { code, name, exports, only, bytes }, bytes }
}

/** Throws MeshError INVALID_OPTION with the way out in its message. */
export function fnSource(
  f: (...args: never[]) => unknown,
  constants: Readonly<Record<string, unknown>> = {},
): FnSource {
  if (typeof f !== 'function') throw refusal(`expected a function, got ${f === null ? 'null' : typeof f}`)
  const original = Function.prototype.toString.call(f)
  const excerpt = excerptOf(original)
  const parsed = parseFunction(f, original, excerpt)
  const found = survey(parsed.root)
  const name = ownName(f)
  const judged = judgeNames(scopesOf(parsed.program).free, { parsed, found, constants, name })
  const complaints = [...placeComplaints(parsed, found), ...judged.complaints]
  if (complaints.length > 0) throw refusal(`${excerpt} ${[...new Set(complaints)].join('; ')}`)

  const declared = constantsSource(constants, judged.constants) + judged.helpers.join('')
  const taken = new Set([...judged.constants, ...judged.names])
  const declares = name !== fnExport && isIdentifier(name) && (judged.usesItself || !taken.has(name))
  const body = declares ? `const ${name}=${parsed.text};export{${name}};` : `export const ${fnExport}=${parsed.text};`
  const generator = 'generator' in parsed.root && parsed.root.generator
  const exported = declares ? name : fnExport
  return {
    source: `${declared}${body}\n`,
    name,
    exported,
    kind: generator ? 'generator' : 'function',
    only: judged.only,
  }
}

function refusal(text: string, cause?: unknown): MeshError {
  return new MeshError('INVALID_OPTION', `mesh.fn: ${text}`, { cause })
}

function excerptOf(source: string): string {
  const line = source.replaceAll(/\s+/g, ' ')
  return line.length <= 48 ? line : `${line.slice(0, 47)}…`
}

/** What people call it: bound and accessor prefixes gone. */
function ownName(f: (...args: never[]) => unknown): string {
  const name = (typeof f.name === 'string' ? f.name : '').replace(/^(get|set) /, '').replace(/^#/, '')
  return name === '' ? fnExport : name
}

function parseFunction(f: (...args: never[]) => unknown, original: string, excerpt: string): ParsedFunction {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(original)) {
    const bound = f.name.startsWith('bound ')
    const what = bound ? 'a bound function, whose source and values are out of reach' : 'built in, it has no source'
    throw refusal(`${f.name || 'the function'} is ${what}; write a function that calls it, such as (x) => …`)
  }
  const direct = tryParse(`(${original})`)
  const parsed = direct instanceof Error ? parseMethod(original) : direct
  if (parsed instanceof Error) {
    // The first attempt's message is about the text as it is; a method's also.
    throw refusal(`${excerpt} ${explainSyntax(direct as Error)}`, direct)
  }
  if (parsed.root.type === 'ClassExpression') {
    throw refusal(
      `${excerpt} is a class, and a task is a function; write one that makes an instance and uses it, in a task module`,
    )
  }
  return parsed
}

function tryParse(text: string): ParsedFunction | Error {
  try {
    // Scope analysis wants `ranges`; `super` is let through so that it can be named.
    const program = parse(text, { ...syntax, ranges: true, allowSuperOutsideMethod: true })
    const statement = program.body[0]
    if (statement?.type !== 'ExpressionStatement') return new SyntaxError('it is no expression')
    const { root, knowsItself } = rootOf(statement.expression)
    return { text, program, root, knowsItself }
  } catch (error) {
    return error as Error
  }
}

/** `({ name(x) { … } }).name` is how a method is wrapped; everything else is the function itself. */
function rootOf(expression: Expression): { root: AnyNode; knowsItself: boolean } {
  if (expression.type === 'MemberExpression' && expression.object.type === 'ObjectExpression') {
    const property = expression.object.properties[0]
    if (property?.type === 'Property') return { root: property.value, knowsItself: false }
  }
  const anonymous = expression.type === 'FunctionExpression' && !expression.id
  return { root: expression, knowsItself: anonymous || expression.type === 'ArrowFunctionExpression' }
}

/** Methods print without `function`: they parse in a class body only, and are wrapped in an object again. */
function parseMethod(original: string): ParsedFunction | Error {
  try {
    const program = parse(`(class{${original}})`, syntax)
    const statement = program.body[0]
    if (statement?.type !== 'ExpressionStatement' || statement.expression.type !== 'ClassExpression') {
      return new SyntaxError('it is no method')
    }
    const method = statement.expression.body.body[0]
    if (method?.type !== 'MethodDefinition') return new SyntaxError('it is no method')
    const { value, key } = method
    const name = JSON.stringify('name' in key && !method.computed ? key.name : fnExport)
    const rest = original.slice(value.start - '(class{'.length)
    return tryParse(`({${value.async ? 'async ' : ''}${value.generator ? '*' : ''}${name}${rest}})[${name}]`)
  } catch (error) {
    return error as Error
  }
}

function explainSyntax(error: Error): string {
  const outer = /Private field '(#\w+)'/.exec(error.message)?.[1]
  if (outer !== undefined) return `uses ${outer} of the class around it; pass its value as an argument`
  const message = error.message.replace(/\s*\(\d+:\d+\)$/, '')
  return `cannot be read as a function of its own (${message}); move it to a task module`
}

interface Judged {
  readonly complaints: readonly string[]
  /** Constants that the function uses, and declarations we add for what tools injected. */
  readonly constants: readonly string[]
  readonly helpers: readonly string[]
  /** Other names that must keep their outer meaning. */
  readonly names: readonly string[]
  readonly usesItself: boolean
  readonly only: LoadedModule['only']
}

interface JudgeContext {
  readonly parsed: ParsedFunction
  readonly found: Findings
  readonly constants: Readonly<Record<string, unknown>>
  readonly name: string
}

function judgeNames(free: ReadonlySet<string>, context: JudgeContext): Judged {
  const outside: string[] = []
  const complaints: string[] = []
  const constants: string[] = []
  const helpers: string[] = []
  const names: string[] = []
  let usesItself = false
  let only: LoadedModule['only'] = onlyByImport(context.found)
  for (const name of [...free].sort()) {
    const supplied = suppliedByUs(name)
    if (Object.hasOwn(context.constants, name)) constants.push(name)
    else if (supplied !== null) helpers.push(supplied)
    else if (isKnown(name, context.found)) {
      names.push(name)
      only ??= onlyByName(name, context.found.asked)
    } else if (name === context.name && context.parsed.knowsItself) usesItself = true
    else {
      const complaint = complaintAbout(name, context.found)
      if (complaint === null) outside.push(name)
      else complaints.push(complaint)
    }
  }
  complaints.push(...complaintsAboutOutside(outside, context.found))
  return { complaints, constants, helpers, names, usesItself, only }
}

function isKnown(name: string, found: Findings): boolean {
  if (everywhere.has(name) || onlyNode.has(name) || onlyBrowser.has(name)) return true
  // `typeof window` is how code asks where it runs; behind it the name may be used.
  return found.asked.has(name) && (onlyPage.has(name) || name === 'require' || found.onlyAsked(name))
}

function onlyByImport(found: Findings): LoadedModule['only'] {
  const builtin = found.imports.find((specifier) => specifier?.startsWith('node:'))
  return builtin ? { kind: 'node', because: `imports ${builtin}` } : null
}

function complaintAbout(name: string, found: Findings): string | null {
  const hint = hints[name]
  if (hint !== undefined) return `uses ${name}: ${hint}`
  if (name.startsWith('__vite_ssr_import_meta') || name.startsWith('__vi_import_meta')) return importMeta
  if (standsForImport(name)) {
    const what = found.members(name).join(', ') || name
    return `uses ${what} from an import; move the function to a task module, which may import anything`
  }
  if (meansOldTarget(name)) {
    return `was compiled for an old target (it calls ${name}); set your build's target to ES2022 or later`
  }
  return onlyPage.has(name) ? `uses ${name}, which only a page has: tasks run in workers` : null
}

/** What is the way out depends on what it is, as far as its use tells. */
function complaintsAboutOutside(names: readonly string[], found: Findings): string[] {
  const changed = names.filter((name) => found.isChanged(name))
  const called = names.filter((name) => found.isCalled(name) && !changed.includes(name))
  const read = names.filter((name) => !changed.includes(name) && !called.includes(name))
  return [
    ...about('changes', changed, (it) => `other peers do not have ${it}; return the new value instead`),
    ...about('calls', called, (it) => `define ${it} inside, or import ${it} in a task module and mesh.use that`),
    ...about('uses', read, (it) => {
      const constants = `{ constants: { ${read.join(', ')} } }`
      return `pass ${it} as an argument or, what is plain data, as ${constants}; or move the function to a task module`
    }),
  ]
}

function about(does: string, names: readonly string[], way: (it: string) => string): string[] {
  if (names.length === 0) return []
  const guesses = names.map(slipOf).filter((guess) => guess !== undefined)
  const meant = guesses.length === 0 ? '' : ` (did you mean ${guesses.join(', ')}?)`
  return [`${does} ${names.join(', ')} from outside${meant}; ${way(names.length === 1 ? 'it' : 'them')}`]
}

const importMeta = 'uses import.meta, which is another file over there; pass what you need of it as an argument'

/** What depends on the place where the function stood. */
function placeComplaints(parsed: ParsedFunction, found: Findings): string[] {
  const complaints: string[] = []
  if (found.usesThis) {
    const why =
      parsed.root.type === 'ArrowFunctionExpression' ? 'of the code around it' : 'which nothing binds over there'
    complaints.push(`uses this, ${why}; pass what it needs as an argument`)
  }
  if (found.usesSuper) complaints.push('uses super of the class around it; move the class to a task module')
  if (found.usesImportMeta) complaints.push(importMeta)
  for (const specifier of found.imports) {
    if (specifier?.startsWith('node:')) continue
    const what = specifier === null ? 'a module whose name is only known when it runs' : `'${specifier}'`
    complaints.push(`imports ${what}, which other peers do not have; move the function to a task module`)
  }
  return complaints
}
