// Where in a bundle something happened, as short as it can be said where there is no source map: on the peer
// that ran it. Whoever asked for the work has the map, finds the place again in the text and names the source.

/** A frame in a bundle ends so, whether it came from a file of the code cache or is a blob's name. */
export const inBundle = /\(?\S*?([0-9a-f]{64})\.mjs(?:[?#]\S*?)?:(\d+):(\d+)\)?$/

/** `code 4f0e1a2b:3:17`, anywhere in a text. */
export const toldPlace = /\bcode ([0-9a-f]{8}):(\d+):(\d+)/g

export function tellPlace(code: string, line: number | string, column: number | string): string {
  return `code ${code.slice(0, 8)}:${line}:${column}`
}

/** Of the innermost frame that is in a bundle; null when there is none. */
export function placeIn(stack: string | undefined): string | null {
  for (const line of (stack ?? '').split('\n')) {
    const [, code, at, column] = inBundle.exec(line) ?? []
    if (code !== undefined && at !== undefined && column !== undefined) return tellPlace(code, at, column)
  }
  return null
}

/** `RangeError: too deep`, in one line. */
export function headline(error: Error): string {
  const [first = ''] = error.message.split('\n')
  return first === '' ? error.name : `${error.name}: ${first}`
}
