import { describe, expect, it } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { Instant, LifeId, PeerId } from '../../src/model/ids.ts'
import { FailureDetector, suspicionMs } from '../../src/state/failure-detector.ts'

const at = (ms: number): Instant => ms as Instant
const x = 'x/1' as LifeId
const { probeMs, suspectMinMs, suspectMaxMs } = presets.test

describe('the time to refute', () => {
  it.each([
    [0, 3, 1_500],
    [1, 3, 900],
    [2, 3, 549],
    [3, 3, 300],
    [9, 3, 300],
    [0, 0, 300],
  ])('with %i of %i wanted confirmations is %i ms', (confirmations, wanted, ms) => {
    expect(Math.round(suspicionMs(confirmations, wanted, 300, 1_500))).toBe(ms)
  })
})

describe('a silent peer', () => {
  it('is asked, asked through others, suspected, and dies when its time is up', () => {
    const detector = new FailureDetector(presets.test)
    detector.observe(new Set([x]), at(0))
    expect(detector.due(at(probeMs - 1))).toEqual([])
    expect(detector.due(at(probeMs))[0]?.action).toBe('ping')
    expect(detector.due(at(2 * probeMs))[0]?.action).toBe('indirect')
    detector.asked(x, 0, at(2 * probeMs))
    expect(detector.due(at(2 * probeMs))[0]?.action).toBe('suspect')
    detector.suspected(x, 'me' as PeerId, 1, at(2 * probeMs))
    detector.suspected(x, 'other' as PeerId, 1, at(2 * probeMs))
    expect(detector.condemned(at(2 * probeMs + suspectMinMs - 1))).toEqual([])
    expect(detector.condemned(at(2 * probeMs + suspectMinMs))).toEqual([x])
  })

  it('is in doubt from the first question on, until it is heard', () => {
    const detector = new FailureDetector(presets.test)
    detector.observe(new Set([x]), at(0))
    expect(detector.doubts(x)).toBe(false)
    detector.due(at(probeMs))
    expect(detector.doubts(x)).toBe(true)
    detector.heard(x, at(probeMs + 1))
    expect(detector.doubts(x)).toBe(false)
  })

  it('gets the longest time when nobody else agrees', () => {
    const detector = new FailureDetector(presets.test)
    detector.suspected(x, 'me' as PeerId, 3, at(0))
    expect(detector.condemned(at(suspectMaxMs - 1))).toEqual([])
    expect(detector.condemned(at(suspectMaxMs))).toEqual([x])
  })

  it('gets more time from an observer in poor health', () => {
    const detector = new FailureDetector(presets.test)
    detector.worsen()
    detector.suspected(x, 'me' as PeerId, 3, at(0))
    expect(detector.condemned(at(2 * suspectMaxMs - 1))).toEqual([])
    expect(detector.condemned(at(2 * suspectMaxMs))).toEqual([x])
  })

  it('is not condemned for the time that the observer slept', () => {
    const detector = new FailureDetector(presets.test)
    detector.observe(new Set([x]), at(0))
    detector.suspected(x, 'me' as PeerId, 3, at(0))
    detector.restart(at(60_000))
    expect(detector.condemned(at(60_000))).toEqual([])
    expect(detector.due(at(60_000))).toEqual([])
  })

  it('is asked together with whoever is to be asked soon, and from then on', () => {
    const [early, late, later] = ['early/1' as LifeId, 'late/1' as LifeId, 'later/1' as LifeId]
    const detector = new FailureDetector(presets.test)
    detector.observe(new Set([early]), at(0))
    detector.observe(new Set([early, late]), at(probeMs / 10))
    detector.observe(new Set([early, late, later]), at(probeMs / 2))
    const asked = (now: number): LifeId[] => detector.due(at(now)).map(({ life }) => life)
    expect(asked(probeMs)).toEqual([early, late])
    for (const life of [early, late]) detector.heard(life, at(probeMs + 1))
    expect(asked(1.5 * probeMs)).toEqual([later])
    expect(asked(2 * probeMs + 1)).toEqual([early, late])
  })

  it('that observes whoever observes it is asked by one of the two, and both have heard', () => {
    const [a, b] = ['a/1' as LifeId, 'b/1' as LifeId]
    const [one, other] = [new FailureDetector(presets.test, a), new FailureDetector(presets.test, b)]
    one.observe(new Set([b]), at(0))
    other.observe(new Set([a]), at(0))
    const asked: string[] = []
    for (let now = 0; now < 20 * probeMs; now++) {
      // A question is heard as well as an answer, and each in the moment in which it is said.
      const asks = one.due(at(now)).map(() => a)
      const asksToo = other.due(at(now)).map(() => b)
      if (asks.length + asksToo.length === 0) continue
      asked.push(...asks, ...asksToo)
      one.heard(b, at(now))
      other.heard(a, at(now))
    }
    expect(asked.length).toBeGreaterThan(15)
    expect(new Set(asked)).toEqual(new Set([a]))
  })

  it('that others hear three times in a row has a dead link, and is out of reach when no new one helps', () => {
    const detector = new FailureDetector(presets.test)
    detector.observe(new Set([x]), at(0))
    const answers: ReturnType<FailureDetector['probed']>[] = []
    let now = 0
    for (let n = 0; n < 12; n++) {
      while (detector.due(at(now)).every(({ action }) => action !== 'indirect')) now += 50
      detector.asked(x, 3, at(now))
      answers.push(detector.probed(x, true, at(now)))
    }
    const each = [null, null, 'link'] as const
    expect(answers).toEqual([...each, ...each, ...each, null, null, 'apart'])
  })
})
