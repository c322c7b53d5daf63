import { strToU8 } from 'fflate'
import { describe, expect, test } from 'vitest'
import { standOnFloor, withNormals } from '../dragon/tracer/model.ts'
import { parsePly } from '../dragon/tracer/ply.ts'
import { plyOf } from './support.ts'

const CORNER = ['0 0 0', '1.5 -0.25 1e-2', '-2.5E+1 +0.125 3 ']
const read = (vertices: string[], faces: string[]) => parsePly(strToU8(plyOf(vertices, faces)))

describe('a PLY file', () => {
  test('numbers are read as JavaScript would read them', () => {
    const { positions, triangles } = read(CORNER, ['3 0 1 2', '3 2 1 0'])
    expect([...positions]).toEqual([0, 0, 0, 1.5, -0.25, Math.fround(1e-2), -25, 0.125, 3])
    expect([...triangles]).toEqual([0, 1, 2, 2, 1, 0])
  })

  test('digits are rounded once, to the nearest single float', () => {
    const digits = ['0.0323963', '-0.0503375', '123456.789']
    const { positions } = read([digits.join(' '), '0 0 0', '1 1 1'], ['3 0 1 2'])
    expect([...positions.subarray(0, 3)]).toEqual(digits.map((text) => Math.fround(Number(text))))
  })

  test('further properties of a vertex are passed over', () => {
    const text = plyOf(['1 2 3 0.9', '4 5 6 0.8', '7 8 9 0.7'], ['3 0 1 2'])
    const { positions } = parsePly(
      strToU8(text.replace('property float z', 'property float z\nproperty float confidence')),
    )
    expect([...positions]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  test.each([
    ['another kind of file', 'solid\nend_header\n', /not a PLY file/],
    ['no header', 'ply\nformat ascii 1.0\n', /no end_header/],
    [
      'the binary flavour',
      plyOf(CORNER, ['3 0 1 2']).replace('ascii', 'binary_little_endian'),
      /only "format ascii 1.0"/,
    ],
    ['a quadrilateral', plyOf(CORNER, ['4 0 1 2 0']), /face 0 has 4 corners/],
    ['a vertex that is not there', plyOf(CORNER, ['3 0 1 3']), /face 0 names vertex 3 of 3/],
    ['an early end', plyOf(CORNER, ['3 0 1']), /ends before its last face/],
  ])('is refused: %s', (_, text, message) => {
    expect(() => parsePly(strToU8(text))).toThrow(message)
  })
})

test('a mesh is scaled, centred and stood on the floor', () => {
  const { positions } = standOnFloor(read(['2 5 1', '6 9 3', '4 7 2'], ['3 0 1 2']), 2)
  expect([...positions]).toEqual([-1, 0, -0.5, 1, 2, 0.5, 0, 1, 0])
})

test('a vertex normal leans towards its larger triangle', () => {
  const mesh = read(['0 0 0', '3 0 0', '0 0 -3', '0 1 0'], ['3 0 1 2', '3 0 3 1'])
  const { normals } = withNormals(mesh)
  // The triangle that looks up has the area 4.5, the one that looks along -z has 1.5.
  const length = Math.sqrt(9 * 9 + 3 * 3)
  expect(normals[0]).toBe(0)
  expect(normals[1]).toBeCloseTo(9 / length, 6)
  expect(normals[2]).toBeCloseTo(-3 / length, 6)
})
