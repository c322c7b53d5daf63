// Stacks that people can read: a frame in a bundle becomes the line of source it was made from, and
// frames of the machinery between two tasks are left out; so do places that a sentence tells. Of a
// `mesh.fn` there is no source map: its frames name the call that gave it, and the line within it.

import { fileURLToPath } from 'node:url'
import { inBundle, tellPlace, toldPlace } from '@murmuration/core/internal'
import type { CodeId } from '@murmuration/core/internal'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

/** Where a piece of code came from: its source map, or the call of `mesh.fn` that gave it. */
export type Origin = { readonly map: Uint8Array } | { readonly calledAt: string | null }

const frame = /^\s+at /
const internal =
  /\bnode:|<anonymous>\)?$|[\\/](comlink|msgpackr|esbuild)[\\/]|(@murmuration|packages)[\\/](core|\w+-peer|murmuration)[\\/](dist|src)[\\/]/

/** Of a stack or a sentence. Code of which there is no origin here is named as it is. */
export function mapStack(stack: string, origins: ReadonlyMap<CodeId, Origin>): string {
  const places = new Places(origins)
  return stack
    .split('\n')
    .flatMap((line) => (frame.test(line) ? mapFrame(line, places) : mapTold(line, places)))
    .join('\n')
}

/** The place of the innermost frame that is not ours: where a program called us. */
export function callSite(stack = ''): string | null {
  const line = stack.split('\n').find((one) => frame.test(one) && !internal.test(one))
  const place = /\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/.exec(line ?? '')?.[1]
  return place?.startsWith('file://') === true ? fileURLToPath(place) : (place ?? null)
}

class Places {
  readonly #origins: ReadonlyMap<CodeId, Origin>
  readonly #maps = new Map<CodeId, TraceMap | null>()

  constructor(origins: ReadonlyMap<CodeId, Origin>) {
    this.#origins = origins
  }

  /** In the source, as a person would name it; null when that line has no source: a tool made it. */
  of(code: CodeId, line: number, column: number): string | null {
    const origin = this.#origins.get(code)
    if (origin !== undefined && 'calledAt' in origin && origin.calledAt !== null)
      return `line ${line} of the mesh.fn at ${origin.calledAt}`
    const map = this.#mapOf(code, origin)
    if (map === null) return tellPlace(code, line, column)
    const found = originalPositionFor(map, { line, column: column - 1 })
    return found.source === null ? null : `${found.source}:${found.line}:${found.column + 1}`
  }

  /** The code whose id begins so. */
  codeLike(start: string): CodeId | undefined {
    for (const code of this.#origins.keys()) if (code.startsWith(start)) return code
    return undefined
  }

  #mapOf(code: CodeId, origin: Origin | undefined): TraceMap | null {
    let map = this.#maps.get(code)
    if (map === undefined) {
      map = origin !== undefined && 'map' in origin ? open(origin.map) : null
      this.#maps.set(code, map)
    }
    return map
  }
}

function open(bytes: Uint8Array): TraceMap | null {
  try {
    return new TraceMap(new TextDecoder().decode(bytes))
  } catch {
    return null
  }
}

/** One line, or none when it is machinery. */
function mapFrame(line: string, places: Places): string[] {
  const found = inBundle.exec(line)
  if (!found) return internal.test(line) ? [] : [line]
  const [, code = '', at, column] = found
  const place = places.of(code as CodeId, Number(at), Number(column))
  if (place === null) return []
  const name = /^\s+at (?:(.+) )?\(/.exec(line)?.[1] ?? (place.startsWith('code ') ? 'mesh.fn' : null)
  return [name === null ? `    at ${place}` : `    at ${name} (${place})`]
}

function mapTold(line: string, places: Places): string[] {
  const mapped = line.replaceAll(toldPlace, (told, start: string, at: string, column: string) => {
    const code = places.codeLike(start)
    return (code === undefined ? null : places.of(code, Number(at), Number(column))) ?? told
  })
  return [mapped]
}
