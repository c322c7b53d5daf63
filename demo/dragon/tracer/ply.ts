// Reads the text flavour of PLY, the format of the Stanford scans: a header that lists elements and their
// properties, then one line of numbers per vertex and per face.
//
// The numbers are read by hand: a few digits divided by a power of ten is exactly rounded, and thirty
// megabytes of text take a third of a second. It knows vertices (x, y, z) and triangles; nothing else.

/** A triangle mesh: three coordinates a vertex, three vertex numbers a triangle. */
export interface TriangleMesh {
  readonly positions: Float32Array
  readonly triangles: Uint32Array
}

interface Header {
  readonly vertices: number
  readonly faces: number
  readonly vertexProperties: number
  readonly bodyStart: number
}

const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
const ZERO = 48
const NINE = 57

/** Reads an ASCII PLY file of triangles; throws when the file is of another kind or ends early. */
export function parsePly(bytes: Uint8Array): TriangleMesh {
  const header = parseHeader(bytes)
  const numbers = new NumberReader(bytes, header.bodyStart)
  const positions = new Float32Array(header.vertices * 3)
  for (let vertex = 0; vertex < header.vertices; vertex++) {
    for (let property = 0; property < header.vertexProperties; property++) {
      const value = numbers.next()
      if (property < 3) positions[vertex * 3 + property] = value
    }
  }
  const triangles = new Uint32Array(header.faces * 3)
  for (let face = 0; face < header.faces; face++) {
    const corners = numbers.next()
    if (corners !== 3) throw new Error(`face ${face} has ${corners} corners; only triangles are supported`)
    for (let corner = 0; corner < 3; corner++) {
      const vertex = numbers.next()
      if (vertex >= header.vertices) throw new Error(`face ${face} names vertex ${vertex} of ${header.vertices}`)
      triangles[face * 3 + corner] = vertex
    }
  }
  return { positions, triangles }
}

function parseHeader(bytes: Uint8Array): Header {
  const end = headerEnd(bytes)
  const lines = asText(bytes, end).split('\n')
  if (lines[0]?.trim() !== 'ply') throw new Error('not a PLY file: the first line is not "ply"')
  if (!lines.some((line) => line.trim() === 'format ascii 1.0')) throw new Error('only "format ascii 1.0" is supported')
  const counts = new Map<string, number>()
  const vertexProperties: string[] = []
  let element = ''
  for (const line of lines) {
    const words = line.trim().split(/\s+/)
    if (words[0] === 'element') {
      element = words[1] ?? ''
      counts.set(element, Number(words[2]))
    } else if (words[0] === 'property' && element === 'vertex') vertexProperties.push(words.at(-1) ?? '')
  }
  if (vertexProperties.slice(0, 3).join(' ') !== 'x y z') throw new Error('vertices must begin with x, y and z')
  const vertices = counts.get('vertex') ?? 0
  const faces = counts.get('face') ?? 0
  return { vertices, faces, vertexProperties: vertexProperties.length, bodyStart: end }
}

function headerEnd(bytes: Uint8Array): number {
  const mark = 'end_header'
  const limit = Math.min(bytes.length, 65_536)
  const at = asText(bytes, limit).indexOf(mark)
  if (at < 0) throw new Error('not a PLY file: no end_header')
  let end = at + mark.length
  while (end < bytes.length && bytes[end] !== 10) end++
  return end + 1
}

function asText(bytes: Uint8Array, end: number): string {
  let text = ''
  for (let at = 0; at < end; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

/** Walks over numbers in text that are separated by anything that cannot be in a number. */
class NumberReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  next(): number {
    const bytes = this.#bytes
    let at = this.#at
    while (at < bytes.length && !isNumberStart(bytes[at]!)) at++
    if (at >= bytes.length) throw new Error('the PLY file ends before its last face')
    let sign = 1
    if (bytes[at] === 45) {
      sign = -1
      at++
    }
    let mantissa = 0
    let decimals = 0
    let afterPoint = false
    for (; at < bytes.length; at++) {
      const byte = bytes[at]!
      if (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO)
        if (afterPoint) decimals++
      } else if (byte === 46) afterPoint = true
      else break
    }
    this.#at = at
    const power = this.#exponent() - decimals
    return sign * (power < 0 ? mantissa / POWERS_OF_TEN[-power]! : mantissa * POWERS_OF_TEN[power]!)
  }

  #exponent(): number {
    const bytes = this.#bytes
    let at = this.#at
    if (bytes[at] !== 101 && bytes[at] !== 69) return 0
    at++
    const negative = bytes[at] === 45
    if (negative || bytes[at] === 43) at++
    let value = 0
    for (; at < bytes.length && bytes[at]! >= ZERO && bytes[at]! <= NINE; at++) value = value * 10 + (bytes[at]! - ZERO)
    this.#at = at
    return negative ? -value : value
  }
}

function isNumberStart(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || byte === 45 || byte === 46
}
