import { expect, test } from 'vitest'
import { failureToError, isMeshError, MeshError } from '../src/errors.ts'
import type { Failure } from '../src/model/object.ts'
import { decodeError, encodeError } from '../src/runtime/values.ts'

const failure: Failure = {
  code: 'TASK_FAILED',
  reason: '',
  message: 'tiles.render failed on kestrel-3f',
  task: 't1' as never,
  peer: 'kestrel-3f',
  attempt: 3,
  cause: null,
  story: ['assigned to kestrel-3f', 'threw'],
}

test('a failure becomes the error that a user sees', () => {
  const cause = encodeError(new RangeError('out of tiles', { cause: 'deep' }))
  const error = failureToError({ ...failure, cause }, decodeError)
  expect(error).toMatchObject({ code: 'TASK_FAILED', peer: 'kestrel-3f', task: 't1', attempt: 3, story: failure.story })
  expect(error.reason).toBeUndefined()
  expect(error.cause).toBeInstanceOf(RangeError)
  expect((error.cause as Error).cause).toBe('deep')
})

test('without an application error there is no cause', () => {
  expect('cause' in failureToError(failure, decodeError)).toBe(false)
})

test('a broken cause does not hide the failure', () => {
  const error = failureToError({ ...failure, cause: new Uint8Array([9, 9, 9]) }, decodeError)
  expect(error.code).toBe('TASK_FAILED')
  expect(error.cause).toMatchObject({ code: 'INTERNAL' })
})

test('is recognised by name and code, whichever copy made it', () => {
  expect(isMeshError(new MeshError('NOT_FOUND', 'x'))).toBe(true)
  expect(isMeshError(Object.assign(new Error('x'), { name: 'MeshError', code: 'NOT_FOUND' }))).toBe(true)
  expect(isMeshError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false)
  expect(isMeshError(null)).toBe(false)
})
