import { MeshError } from '@murmuration/core/internal'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { report, UsageError } from '../../src/cli/failure.ts'

let said = ''

beforeEach(() => {
  said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true))
})
afterEach(() => vi.restoreAllMocks())

test.each([
  ['INVALID_OPTION', 2],
  ['PORT_IN_USE', 2],
  ['ENTRY_UNREACHABLE', 2],
  ['VERSION_MISMATCH', 2],
  ['FORBIDDEN', 2],
  ['NOT_FOUND', 1],
  ['INTERNAL', 1],
] as const)('%s ends with %i', (code, exit) => {
  expect(report(new MeshError(code, 'joinMesh: it is so'), { isJson: false })).toBe(exit)
  expect(said).toBe('murmur: it is so\n')
})

test('what was typed wrong ends with 2, a bug of ours with 1 and its stack', () => {
  expect(report(new UsageError('no such word'), { isJson: true })).toBe(2)
  expect(JSON.parse(said)).toEqual({ error: { code: 'USAGE', message: 'no such word' } })
  said = ''
  expect(report(new TypeError('x is not a function'), { isJson: false })).toBe(1)
  expect(said).toMatch(/^murmur: TypeError: x is not a function\n +at /)
})
