// Refs on their way in what a task returned: who sends them keeps them until they are held where they came, and no
// longer, whatever becomes of the conversation and of the task meanwhile.

import { expect, it } from 'vitest'
import type { SimRef } from '@murmuration/sim-peer'
import { Gate, Scenario, elapse, get, only } from './scenario.ts'

/** Returns something with a ref inside. */
function boxing(mesh: Scenario): void {
  mesh.fn('box', function* (context) {
    yield* elapse(10)
    return { ref: context.put({ n: 7 }) }
  })
}

it('a box comes while its sender falls asleep for longer than the grace: awake, it does not wait for what its receiver forgot to say', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  boxing(mesh)
  const read = new Gate()
  const program = mesh.ask('S', function* (context) {
    const box = context.call('box', [], only('E'))
    const { ref } = (yield* get(box)) as { ref: SimRef }
    yield* read.passed()
    context.release(box)
    return ref
  })
  const { deliveries, graves } = mesh.peer('S').state
  mesh.until(() => deliveries.size === 1, 'the box has come')
  mesh.until(() => deliveries.size === 0, 'and what is inside is held')
  mesh.peer('E').sleep()
  mesh.until(() => graves.size === 1, 'who sent it is thought dead')
  mesh.until(() => graves.size === 0, 'for longer than the grace')
  mesh.peer('E').thaw()
  mesh.until(() => !mesh.knowsDead('S', 'E'), 'it is heard again')
  read.isOpen = true
  mesh.result(program)
  expect(mesh.peer('E').state.transits.size).toBe(0)
  mesh.endsWell()
})

it('that what was inside is held is lost with the conversation: it is not said again, the next begins with all that is owed', () => {
  const mesh = new Scenario({ S: 0, E: 1 })
  boxing(mesh)
  const read = new Gate()
  const program = mesh.ask('S', function* (context) {
    const box = context.call('box', [], only('E'))
    yield* get(box)
    yield* read.passed()
  })
  const { deliveries, sessions } = mesh.peer('S').state
  mesh.until(() => deliveries.size === 1, 'the box has come')
  mesh.until(() => deliveries.size === 0, 'and what is inside is held')
  mesh.peer('E').sleep()
  mesh.until(() => mesh.knowsDead('S', 'E'), 'who sent it is thought dead')
  const said: string[] = []
  const send = sessions.send.bind(sessions)
  sessions.send = (life, message) => {
    said.push(message.type)
    return send(life, message)
  }
  mesh.peer('E').thaw()
  mesh.until(() => said.includes('announce') && mesh.peer('E').state.transits.size === 0, 'E keeps nothing for it')
  read.isOpen = true
  mesh.result(program)
  expect(said).not.toContain('delivered')
  mesh.endsWell()
})

it('what was asked for and let go of is asked for again, while nobody says that what was inside is held: nothing of either is kept', () => {
  const mesh = new Scenario({ S: 1, E: 1, P: 1 })
  boxing(mesh)
  mesh.fn('pass', function* (context) {
    if (mesh.timesRun('pass') === 2) return { ref: context.put({ n: 8 }) }
    const { ref } = (yield* get(context.call('box', [], only('P')))) as { ref: SimRef }
    return { ref }
  })
  mesh.fn('keep', function* (_context, { ref }: { ref: SimRef }) {
    return yield* get(ref)
  })
  const again = new Gate()
  mesh.fn('ask', function* (context) {
    const box = context.call('pass', [], only('E'))
    const { ref } = (yield* get(box)) as { ref: SimRef }
    context.release(box)
    if (context.attempt === 2) return yield* get(ref)
    context.call('keep', [{ ref }])
    context.release(ref)
    yield* again.passed()
    throw new Error('once more')
  })
  const program = mesh.ask('S', function* (context) {
    return yield* get(context.call('ask', [], { ...only('S'), retryErrors: true }))
  })
  mesh.until(() => mesh.peer('S').state.deliveries.size === 1, 'the first box has come')
  mesh.peer('P').freeze()
  again.isOpen = true
  mesh.until(() => mesh.timesRun('pass') === 2, 'it is asked for again')
  mesh.run({ forMs: 100 })
  mesh.peer('P').thaw()
  expect(mesh.result(program)).toEqual({ n: 8 })
  expect(mesh.runs('pass')).toEqual(['E', 'E'])
  mesh.endsWell()
})

it('a box is said again to who slept when it had come: what is inside is kept until its owner knows that it is held there', () => {
  const mesh = new Scenario({ S: 0, E: 1, P: 1, W: 0 })
  boxing(mesh)
  mesh.fn('pass', function* (context) {
    const { ref } = (yield* get(context.call('box', [], only('P')))) as { ref: SimRef }
    yield* elapse(500)
    return { ref }
  })
  const read = new Gate()
  const program = mesh.ask('S', function* (context) {
    const { ref } = (yield* get(context.call('pass', [], only('E')))) as { ref: SimRef }
    yield* read.passed()
    return yield* get(ref)
  })
  mesh.until(() => mesh.timesRun('box') === 1, 'it is made')
  mesh.cut(['S'], ['P'])
  const { deliveries } = mesh.peer('S').state
  mesh.until(() => deliveries.size === 1, 'the box has come')
  mesh.peer('S').sleep()
  mesh.until(() => mesh.knowsDead('E', 'S'), 'who has it is thought dead')
  mesh.peer('S').thaw()
  mesh.until(() => !mesh.knowsDead('E', 'S'), 'it is heard again')
  mesh.run({ forMs: 300 })
  mesh.network.heal()
  read.isOpen = true
  expect(mesh.result(program)).toEqual({ n: 7 })
  mesh.endsWell()
})
