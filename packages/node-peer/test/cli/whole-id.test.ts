// Names and beginnings of ids on the command line, and what they are taken for.

import { describe, expect, it } from 'vitest'
import { meant } from '../../src/cli/whole-id.ts'

const there = {
  tasks: [
    { task: 'aa11', name: 'nightly' },
    { task: 'aa12', name: null },
    { task: 'bb20', name: 'twice' },
    { task: 'bb21', name: 'twice' },
  ],
  objects: [{ object: 'aa11' }, { object: 'bb20[0]' }, { object: 'bb20[1]' }, { object: 'cc30' }],
  // Both peers tell of it.
  actors: [
    { actor: 'dd40', name: 'account 3' },
    { actor: 'dd40', name: 'account 3' },
  ],
  jobs: ['sum'],
  peers: 2,
}

describe('what is meant by a word', () => {
  it('is what has that name, task or actor', () => {
    expect(meant('nightly', there)).toEqual({ id: 'aa11' })
    expect(meant('account 3', there)).toEqual({ id: 'dd40' })
  })

  it('is what has an id that begins so, and a task rather than its result or its items', () => {
    expect(meant('aa11', there)).toEqual({ id: 'aa11' })
    expect(meant('bb20', there)).toEqual({ id: 'bb20' })
    expect(meant('cc', there)).toEqual({ id: 'cc30' })
    expect(meant('dd', there)).toEqual({ id: 'dd40' })
  })

  it('is not guessed when it fits several', () => {
    expect(meant('aa1', there)).toEqual({ why: 'aa1 is how 2 ids begin: aa11, aa12. Write more of the one you mean' })
    const twice = 'twice is the name of 2 things: bb20, bb21. Write the id of the one you mean'
    expect(meant('twice', there)).toEqual({ why: twice })
  })

  it('says where to look for a job, and that nobody knows anything else', () => {
    expect(meant('sum', there)).toMatchObject({ why: expect.stringMatching(/^sum is a job, .*murmur list jobs/) })
    expect(meant('zz', there)).toMatchObject({ why: expect.stringMatching(/^none of 2 peers knows zz: .*murmur list/) })
  })
})
