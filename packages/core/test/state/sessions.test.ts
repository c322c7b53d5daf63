import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { Instant, LifeId } from '../../src/model/ids.ts'
import type { Frame, Message } from '../../src/model/messages.ts'
import { Sessions } from '../../src/state/sessions.ts'

const a = 'a/1' as LifeId
const b = 'b/1' as LifeId

function message(number: number): Message {
  return { type: 'grant', credits: number }
}

/** Two ends and the frames between them, which the weather may lose, double and overtake. */
class Pair {
  readonly ends = { [a]: new Sessions(presets.test), [b]: new Sessions(presets.test) }
  readonly recorded: Record<string, number[]> = { [a]: [], [b]: [] }
  readonly taken: Record<string, number[]> = { [a]: [], [b]: [] }
  readonly lost: Record<string, number[]> = { [a]: [], [b]: [] }
  frames: Frame[] = []
  now = 0 as Instant

  say(from: LifeId, number: number): void {
    const to = from === a ? b : a
    this.#open(from, to)
    this.#end(from).send(to, message(number))
  }

  #end(life: LifeId): Sessions {
    return this.ends[life]
  }

  #open(at: LifeId, to: LifeId): void {
    if (!this.#end(at).has(to)) this.#end(at).open(to)
  }

  write(from: LifeId): void {
    const to = from === a ? b : a
    const header = this.#end(from).header(to, this.now)
    this.frames.push({ from, to, ...header, signals: [], claims: [], load: null })
  }

  deliver(at: number): void {
    const frame = this.frames.splice(at, 1)[0]
    if (frame) this.arrive(frame)
  }

  arrive(frame: Frame): void {
    if (frame.mine === 0) return
    this.#open(frame.to, frame.from)
    const { messages, taken, reset } = this.#end(frame.to).receive(frame, this.now)
    for (const one of taken) this.taken[frame.to]?.push((one as { credits: number }).credits)
    for (const one of reset?.lost ?? []) this.lost[frame.to]?.push((one as { credits: number }).credits)
    for (const one of messages) this.recorded[frame.to]?.push((one as { credits: number }).credits)
    for (const life of [a, b]) this.#end(life).check()
  }

  end(at: LifeId, { buried }: { buried: boolean }): void {
    const other = at === a ? b : a
    for (const one of this.#end(at).end(other)) this.lost[at]?.push((one as { credits: number }).credits)
    if (buried) this.#end(at).bury(other)
  }

  /** Nothing is lost any more: everything left gets through. */
  calm(): void {
    this.frames = []
    for (let round = 0; round < 12; round++) {
      this.now = (this.now + 100_000) as Instant
      for (const life of [a, b]) {
        const to = life === a ? b : a
        this.#open(life, to)
        this.#end(life).resend(this.now)
        this.#end(life).relinked(to)
        this.write(life)
      }
      for (const frame of this.frames.splice(0)) this.arrive(frame)
    }
  }
}

type Step = readonly ['say' | 'write' | 'lose' | 'double' | 'deliver' | 'relink', boolean, number]

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('say', 'write', 'lose', 'double', 'deliver', 'relink'),
  fc.boolean(),
  fc.nat(20),
)

function play(pair: Pair, steps: readonly Step[]): number[][] {
  const said: Record<string, number[]> = { [a]: [], [b]: [] }
  let number = 0
  for (const [what, left, pick] of steps) {
    const from = left ? a : b
    const at = pair.frames.length === 0 ? 0 : pick % pair.frames.length
    if (what === 'say') {
      said[from]?.push(++number)
      pair.say(from, number)
    } else if (what === 'write') pair.write(from)
    else if (what === 'lose') pair.frames.splice(at, 1)
    else if (what === 'double') pair.frames.push(...pair.frames.slice(at, at + 1))
    else if (what === 'deliver') pair.deliver(at)
    else pair.ends[from]?.relinked(left ? b : a)
  }
  return [said[a] ?? [], said[b] ?? []]
}

describe('a session', () => {
  it('records every message once and in order, whatever is lost, doubled or overtaken', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pair = new Pair()
        const [fromA, fromB] = play(pair, steps)
        pair.calm()
        expect(pair.recorded[b]).toEqual(fromA)
        expect(pair.recorded[a]).toEqual(fromB)
        expect(pair.ends[a]?.queued(b)).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('tells what the other side has taken, each message once and none before it was recorded there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const pair = new Pair()
        const [fromA, fromB] = play(pair, steps)
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const taken = pair.taken[from] ?? []
          expect(taken).toEqual(pair.recorded[to]?.slice(0, taken.length))
        }
        pair.calm()
        expect(pair.taken[a]).toEqual(fromA)
        expect(pair.taken[b]).toEqual(fromB)
      }),
      { numRuns: 500 },
    )
  })

  it('that one side ended, or forgot, records nothing twice: what is not recorded is given back', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(step, { maxLength: 40 }),
        fc.boolean(),
        fc.boolean(),
        (before, after, left, buried) => {
          const pair = new Pair()
          const first = play(pair, before)
          pair.end(left ? a : b, { buried })
          const second = play(
            pair,
            after.map(([what, ...rest]) => [what, ...rest] as const),
          )
          pair.calm()
          for (const [to, from, at] of [
            [b, a, 0],
            [a, b, 1],
          ] as const) {
            // The numbers of the second half begin anew: a message of each half may be recorded once.
            const said = [...(first[at] ?? []), ...(second[at] ?? [])]
            const recorded = pair.recorded[to] ?? []
            const given = pair.lost[from] ?? []
            for (const number of new Set(said)) {
              const times = said.filter((one) => one === number).length
              expect(recorded.filter((one) => one === number).length).toBeLessThanOrEqual(times)
              const known =
                recorded.filter((one) => one === number).length + given.filter((one) => one === number).length
              expect(known).toBeGreaterThanOrEqual(times)
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('tells a conversation that began anew from the one before', () => {
    const pair = new Pair()
    pair.say(a, 1)
    pair.write(a)
    const [old] = pair.frames
    pair.deliver(0)
    pair.end(a, { buried: false })
    pair.say(a, 2)
    pair.calm()
    if (old) pair.arrive(old)
    expect(pair.recorded[b]).toEqual([1, 2])
  })
})
