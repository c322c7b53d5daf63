// How failures end a command: one sentence that names the thing and what to do, and an exit code: 2 for
// what was typed (an option, or a mesh that does not take this peer in), 1 for the rest. Bugs show their stack.

import { isMeshError } from '@murmuration/core/internal'
import type { MeshError } from '@murmuration/core/internal'
import type { CommanderError } from 'commander'

/** What was typed cannot be done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const usageCodes = new Set([
  'INVALID_OPTION',
  'PORT_IN_USE',
  'ENTRY_UNREACHABLE',
  'VERSION_MISMATCH',
  'FORBIDDEN',
  'INVITE_INVALID',
])

/** Prints the failure and gives the exit code. */
export function report(error: unknown, { isJson }: { readonly isJson: boolean }): number {
  const { code, text } = told(error)
  if (isJson) process.stderr.write(`${JSON.stringify({ error: { code, message: text } })}\n`)
  else process.stderr.write(`murmur: ${text}\n`)
  return code === 'USAGE' || usageCodes.has(code) ? 2 : 1
}

function told(error: unknown): { code: string; text: string } {
  if (error instanceof UsageError) return { code: 'USAGE', text: error.message }
  if (isMeshError(error)) return { code: error.code, text: sentenceOf(error) }
  return { code: 'INTERNAL', text: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

function sentenceOf(error: MeshError): string {
  return error.message.replace(/^joinMesh: /, '')
}

/** commander's findings: `error: unknown option '--sltos'\n(Did you mean --slots?)`, in that command where one was named. */
export function usageError(error: CommanderError, verb: string | undefined): UsageError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const more = rest.map((line) => line.replace(/^\(Did/, '(did')).join(' ')
  const help =
    error.code === 'commander.helpDisplayed'
      ? ''
      : `; murmur ${verb === undefined ? '' : `${verb} `}--help lists what there is`
  const sentence = [first, more].filter((part) => part !== '').join(' ')
  const saysHow = more !== '' || /Expected|Allowed choices|is no address/.test(first)
  return new UsageError(saysHow ? sentence : `${sentence}${help}`)
}
