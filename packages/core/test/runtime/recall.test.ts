// Taking back: whoever comes first, no attempt is run and taken back, and none is forgotten.

import { describe, expect, test } from 'vitest'
import { Recall, recallCells, Recalled } from '../../src/runtime/recall.ts'

function both(): { worker: Recalled; main: Recall } {
  const cells = recallCells()
  return { worker: new Recalled(cells), main: new Recall(cells) }
}

describe('recall', () => {
  test('what has not begun is taken back, and only that', () => {
    const { worker, main } = both()
    expect(worker.begins(7)).toBe(false)
    expect(worker.begins(8)).toBe(false)
    const isBack = main.take(8, 12)
    expect([8, 9, 10, 11].map(isBack)).toEqual([false, true, true, true])
    expect([9, 10, 11].map((number) => worker.begins(number))).toEqual([true, true, true])
    expect(worker.begins(12)).toBe(false)
  })

  test('what is not asked for stays, begun or not: a worker that is still coming up has begun nothing', () => {
    const { worker, main } = both()
    const isBack = main.take(8, 10)
    expect([7, 8, 9, 10].map(isBack)).toEqual([false, true, true, false])
    expect([7, 8, 9, 10].map((number) => worker.begins(number))).toEqual([false, true, true, false])
  })

  test('an attempt that begins in between is told by the worker', () => {
    const { worker, main } = both()
    worker.begins(7)
    const isBack = main.take(8, 10)
    // Seen by the worker only: the main thread had looked already, and counts on hearing of it.
    expect(worker.begins(8)).toBe(true)
    expect(isBack(8)).toBe(true)
  })

  test('a second time, further on', () => {
    const { worker, main } = both()
    worker.begins(1)
    main.take(2, 5)
    for (const number of [2, 3, 4]) expect(worker.begins(number)).toBe(true)
    expect(worker.begins(5)).toBe(false)
    const isBack = main.take(6, 7)
    expect([isBack(5), isBack(6)]).toEqual([false, true])
    expect(worker.begins(6)).toBe(true)
  })

  test('numbers may wrap', () => {
    const { worker, main } = both()
    const last = 2 ** 31 - 1
    worker.begins(last)
    const isBack = main.take(last + 1, last + 3)
    expect([isBack(last), isBack(last + 1), isBack(last + 2)]).toEqual([false, true, true])
    expect(worker.begins(last + 1)).toBe(true)
  })
})
