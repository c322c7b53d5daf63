// Calls that run on when they were told to stop: what they do to their actor is done, and counts.

import type { Body, Context, SimRef } from '@murmuration/sim-peer'
import { describe, expect, test } from 'vitest'
import { again, stage, told } from './actor-stage.ts'
import { elapse, get } from './scenario.ts'
import type { Scenario } from './scenario.ts'

describe('a call that goes on when its time is up', () => {
  /** Counts late, whatever it is told. */
  function defineDeaf(scene: Scenario): void {
    scene.actors.set('Deaf', {
      build: () => ({ n: 0 }),
      methods: {
        *add(_context: Context, state: { n: number }, ms: number): Body {
          yield* elapse(ms)
          return ++state.n
        },
        *large(_context: Context, state: { n: number }, ms: number): Body {
          yield* elapse(ms)
          return { text: 'x'.repeat(200_000), n: ++state.n }
        },
        *ref(context: Context, state: { n: number }, ms: number): Body {
          yield* elapse(ms)
          return { ref: context.put(++state.n) }
        },
      },
      snapshots: true,
      deaf: ['add', 'large', 'ref'],
    })
  }

  for (const options of [{}, { everyCalls: 50 }, { concurrency: 4 }])
    test(`and counts once has its late reply for whoever asks again: ${JSON.stringify(options)}`, () => {
      const scene = stage({ S: 0, G: 0, X: 1 })
      defineDeaf(scene)
      const program = scene.ask('S', function* (context) {
        const actor = context.spawn('Deaf', [], { onceOnly: true, ...options })
        const late = context.send(actor, 'add', [5_000], { ...again, attemptTimeoutMs: 500 })
        return [yield* get(late), yield* get(context.send(actor, 'add', [1]))]
      })
      expect(scene.result(program)).toEqual([1, 2])
      scene.endsWell()
    })

  for (const method of ['large', 'ref'])
    test(`and what it replied is there for whoever asks again: ${method}`, () => {
      const scene = stage({ S: 0, G: 0, X: 1 })
      defineDeaf(scene)
      const program = scene.ask('S', function* (context) {
        const actor = context.spawn('Deaf', [], { onceOnly: true })
        const late = context.send(actor, method, [5_000], { ...again, attemptTimeoutMs: 500 })
        const { n, ref } = (yield* get(late)) as { n?: number; ref?: SimRef }
        return [n ?? (yield* get(ref as SimRef)), yield* get(context.send(actor, 'add', [1]))]
      })
      expect(scene.result(program)).toEqual([1, 2])
      scene.endsWell()
    })

  test('and was cancelled has counted, and whoever asked is told before it ends', () => {
    const scene = stage({ S: 0, G: 0, X: 1 })
    defineDeaf(scene)
    const program = scene.ask('S', function* (context) {
      const actor = context.spawn('Deaf', [], { onceOnly: true })
      const late = context.send(actor, 'add', [5_000])
      yield* elapse(1_000)
      yield { type: 'stop', ref: late, reason: 'enough' }
      const since = scene.clock.now
      const said = yield* told(late)
      return [said, scene.clock.now - since, yield* get(context.send(actor, 'add', [1]))]
    })
    const [said, ms, n] = scene.result(program) as [string, number, number]
    expect(said).toMatch(/^TASK_CANCELLED/)
    // It had two seconds to stop, and needs four.
    expect(ms).toBeLessThan(3_000)
    expect(n).toBe(2)
    scene.endsWell()
  })
})
