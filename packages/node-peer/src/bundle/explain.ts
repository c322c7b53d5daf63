// esbuild's findings in a sentence that says what to do. One is told in full, the others are counted:
// the first is nearly always the cause of the rest.

import type { BuildFailure, Message } from 'esbuild'
import { failed } from './module-file.ts'

export function explainFailure(name: string, failure: unknown): Error {
  const messages = isBuildFailure(failure) ? failure.errors : []
  const [first, ...others] = messages
  if (!first) return failed(`${name} could not be bundled: ${(failure as Error).message}`, failure)
  const more = others.length === 0 ? '' : ` (and ${others.length} more like it)`
  // Of one all has been said; of more the rest is in the cause.
  return failed(`${sentence(name, first)}${more}`, others.length === 0 ? undefined : failure)
}

function isBuildFailure(failure: unknown): failure is BuildFailure {
  return failure instanceof Error && 'errors' in failure && Array.isArray(failure.errors)
}

function sentence(name: string, message: Message): string {
  // From our own plugin: already a sentence, but for its subject.
  if (message.detail === 'sentence') return `${name} ${message.text}`
  const where = placeOf(message)
  const missing = /^Could not resolve "(.+)"$/.exec(message.text)?.[1]
  if (missing === undefined) return `${name} does not compile: ${where}: ${message.text}`
  if (/^\.{0,2}\//.test(missing))
    return `${name} cannot be bundled: ${where} imports "${missing}", which does not exist`
  const hint = message.notes.map(({ text }) => text).find((text) => /not exported|conditions/.test(text))
  if (hint !== undefined) return `${name} cannot be bundled: ${where} imports "${missing}": ${hint.replace(/:$/, '')}`
  const parts = missing.split('/')
  const wanted = missing.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
  return `${name} cannot be bundled: ${where} imports "${missing}", which is not installed; run npm install ${wanted}`
}

function placeOf({ location }: Message): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}` : 'it'
}
