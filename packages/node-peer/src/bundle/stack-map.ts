// Stacks that people can read: a frame in a bundle becomes the line of source it was made from, and
// frames of the machinery between two tasks are left out. Frames of unknown code keep their function's
// name, which is all that there is to say about a `mesh.fn`.

import type { CodeId } from '@murmuration/core/internal'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

/** `…/<code id>.mjs:line:column`, as a file of the code cache or a blob's name. */
const inBundle = /\(?\S*?([0-9a-f]{64})\.mjs(?:[?#]\S*?)?:(\d+):(\d+)\)?$/
const frame = /^\s+at /
const internal =
  /\bnode:|<anonymous>\)?$|[\\/](comlink|msgpackr|esbuild)[\\/]|(@murmuration|packages)[\\/](core|\w+-peer|murmuration)[\\/](dist|src)[\\/]/

/** `mapOf` gives a bundle's source map, or null when there is none here. */
export function mapStack(stack: string, mapOf: (code: CodeId) => Uint8Array | null): string {
  const maps = new Map<CodeId, TraceMap | null>()
  const opened = (code: CodeId): TraceMap | null => {
    let map = maps.get(code)
    if (map === undefined) maps.set(code, (map = open(mapOf(code))))
    return map
  }
  return stack
    .split('\n')
    .flatMap((line) => mapLine(line, opened))
    .join('\n')
}

function open(bytes: Uint8Array | null): TraceMap | null {
  if (bytes === null) return null
  try {
    return new TraceMap(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

/** One line, or none when it is machinery. Lines that are no frames belong to the message. */
function mapLine(line: string, opened: (code: CodeId) => TraceMap | null): string[] {
  if (!frame.test(line)) return [line]
  const place = inBundle.exec(line)
  if (!place) return internal.test(line) ? [] : [line]
  const [, code = '', lineNumber, column] = place
  const map = opened(code as CodeId)
  const name = /^\s+at (?:(.+) )?\(/.exec(line)?.[1] ?? null
  if (map === null) return [format(name ?? 'mesh.fn', `code ${code.slice(0, 8)}:${lineNumber}:${column}`)]
  const found = originalPositionFor(map, { line: Number(lineNumber), column: Number(column) - 1 })
  if (found.source === null) return []
  return [format(name, `${found.source}:${found.line}:${found.column + 1}`)]
}

function format(name: string | null, place: string): string {
  return name === null ? `    at ${place}` : `    at ${name} (${place})`
}
