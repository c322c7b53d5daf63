// An error for people (its sentence, where in the program, what happened before, what caused it) and for programs.

import { isMeshError } from '@murmuration/core/internal'
import { inspect } from 'node:util'
import { errorColours } from './table.ts'

const deepest = 5

export function describe(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return `${errorColours.red('thrown:')} ${inspect(error)}`
  const head = isMeshError(error) ? `${error.code}: ${error.message}` : `${error.name}: ${error.message}`
  const lines = [depth === 0 ? errorColours.red(head) : head, ...framesOf(error)]
  if (isMeshError(error) && error.story.length > 0) {
    lines.push('  what happened:', ...error.story.map((line) => `    ${line}`))
  }
  const own = ownProperties(error)
  if (own !== '') lines.push(`  with ${own}`)
  if (error.cause !== undefined && depth < deepest)
    lines.push(indented(`caused by ${describe(error.cause, depth + 1)}`))
  if (error instanceof AggregateError && depth < deepest)
    lines.push(...error.errors.map((one) => indented(`one of them: ${describe(one, depth + 1)}`)))
  return lines.join('\n')
}

/** For programs: everything that the error says, as far as JSON can. */
export function plain(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { name: 'Thrown', message: inspect(error), value: jsonable(error) }
  const { name, message, stack, cause } = error
  const own = Object.entries(error).map(([key, value]) => [key, jsonable(value)])
  const gathered = error instanceof AggregateError && depth < deepest ? error.errors : []
  return {
    name,
    message,
    ...Object.fromEntries(own.filter(([key]) => key !== 'cause' && key !== 'errors')),
    stack,
    ...(cause === undefined || depth >= deepest ? {} : { cause: plain(cause, depth + 1) }),
    ...(gathered.length === 0 ? {} : { errors: gathered.map((one) => plain(one, depth + 1)) }),
  }
}

function jsonable(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null') as unknown
  } catch {
    return inspect(value)
  }
}

/** Node's own frames, ours and the command's say nothing to a program. */
const foreign =
  /node:internal|node_modules[\\/]esbuild|[\\/]commander[\\/]lib[\\/]|[\\/](@murmuration|murmuration|packages)[\\/](.*[\\/])?(dist|src)[\\/]/

function framesOf({ stack = '' }: Error): string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line) && !foreign.test(line))
}

function ownProperties(error: Error): string {
  if (isMeshError(error)) return ''
  const own = Object.entries(error).filter(([name]) => !['name', 'message', 'stack', 'cause', 'errors'].includes(name))
  return own.length === 0 ? '' : inspect(Object.fromEntries(own), { breakLength: Number.POSITIVE_INFINITY })
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
