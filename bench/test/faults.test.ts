// The arithmetic of `bench:faults`: what is ideal, what was done again, and what of that was needless.

import { describe, expect, test } from 'vitest'
import { type Facts, readMarks } from '../faults/facts.ts'
import { beyond, idealMs, jobFigures, readingFigures, resumedMs } from '../faults/figures.ts'

const work = { tasks: 400, taskMs: 20, slots: 2 }

describe('the ideal makespan', () => {
  test('without a fault: all slots to the end, and the tail of one task', () => {
    expect(idealMs(work, 1_000, [])).toBe(4_020)
  })

  test('with one: full capacity until then, what is left afterwards', () => {
    expect(idealMs(work, 1_000, [{ at: 2_500, slots: 1 }])).toBe(1_500 + 5_000 + 20)
  })

  test('capacity that comes back counts from when it is there', () => {
    const changes = [
      { at: 1_500, slots: 1 },
      { at: 2_500, slots: 2 },
    ]
    expect(idealMs(work, 0, changes)).toBe(2_500 + 2_000 + 20)
  })

  test('a fault after the end changes nothing', () => {
    expect(idealMs(work, 0, [{ at: 5_000, slots: 1 }])).toBe(4_020)
  })
})

/** Process 7 ends one task and is struck in the middle of another, which process 8 does again. */
const marks = readMarks(
  `begin 0 7 100
end 0 7 120
begin 1 7 121
begin 2 8 121
end 2 8 141
begin 1 8 400
end 1 8 420
begin 3 8 4`,
)
const loss = { at: 130, pids: [7], heardAt: 330 }

describe('executions', () => {
  test('a line that was cut short counts as none', () => {
    expect(readMarks('begin 0 7 100\nend 0 7')).toHaveLength(1)
  })

  test('what was interrupted had to be done again', () => {
    expect(beyond({ ...work, tasks: 3 }, [loss], marks.slice(0, -1))).toBe(0)
  })

  test('what had ended and was done again is one too many', () => {
    const again = readMarks('begin 0 8 500\nend 0 8 520')
    expect(beyond({ ...work, tasks: 3 }, [loss], [...marks.slice(0, -1), ...again])).toBe(1)
  })

  test('runs again when the last of what had begun there begins elsewhere', () => {
    expect(resumedMs(loss, marks)).toBe(270)
    expect(resumedMs({ ...loss, at: 450, pids: [9] }, marks)).toBeNull()
  })
})

describe('figures', () => {
  const facts: Facts = {
    beganAt: 100,
    endedAt: 500,
    changes: [{ at: 130, slots: 1 }],
    losses: [loss],
    lost: 0,
  }

  test('of a job', () => {
    const figures = jobFigures({ tasks: 3, taskMs: 20, slots: 2 }, facts, marks.slice(0, -1))
    // 30 ms of two slots do all 60 ms of work.
    expect(figures).toMatchObject({ makespanMs: 400, idealMs: 50, ratio: 8, detectedMs: 200, resumedMs: 270, lost: 0 })
  })

  test('of a job that did not finish: no makespan, no ratio', () => {
    expect(jobFigures(work, { ...facts, endedAt: null }, [])).toMatchObject({ makespanMs: null, ratio: null })
  })

  test('of a job that gave up with results lost: none either', () => {
    expect(jobFigures(work, { ...facts, lost: 400 }, [])).toMatchObject({ makespanMs: null, ratio: null, lost: 400 })
  })

  test('of values that are read', () => {
    const read = { ...facts, beganAt: 130, losses: [{ ...loss, heardAt: null }] }
    expect(readingFigures(read)).toMatchObject({ readableMs: 370, detectedMs: null, makespanMs: null })
  })
})
