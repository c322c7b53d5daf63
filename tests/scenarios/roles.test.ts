// A mesh in which not everybody may do everything: what workers must be able to do for members, and what
// neither workers nor observers get away with, whatever they say.

import { describe, expect, it } from 'vitest'
import { defaultPolicy } from '@murmuration/core/internal'
import type {
  CodeId,
  ContextId,
  LedgerRow,
  LifeId,
  Message,
  ObjectId,
  PeerId,
  TaskId,
} from '@murmuration/core/internal'
import { Big } from '@murmuration/sim-peer'
import { Scenario, elapse, get, only } from './scenario.ts'

const worker = { role: 'worker', slots: 1 } as const
const observer = { role: 'observer', slots: 0, memoryBytes: 0 } as const

function assign(fn: string, { depth, code, by }: { depth: number; code: string; by: LifeId }): Message {
  const spec = {
    id: `of-${fn}` as TaskId,
    context: 'parent' as ContextId,
    depth,
    code: code as CodeId,
    fn,
    args: new Uint8Array([1]),
    refs: [],
    policy: defaultPolicy,
  }
  return { type: 'assign', epoch: { number: 1, by }, attempts: [{ spec, attempt: 1, inputs: [] }] }
}

describe('a worker', () => {
  it('runs what members ask for, and what its tasks ask for in turn is run elsewhere, too', () => {
    const mesh = new Scenario({ S: 0, W: worker, V: worker, M: 1 })
    mesh.fn('child', function* (_context, n: number) {
      yield* elapse(100)
      return n
    })
    mesh.fn('parent', function* (context) {
      const refs = ['V', 'M'].map((where, n) => context.call('child', [n + 1], only(where)))
      let sum = 0
      for (const ref of refs) sum += (yield* get(ref)) as number
      return sum
    })
    const program = mesh.ask('S', function* (context) {
      return yield* get(context.call('parent', [], only('W')))
    })
    expect(mesh.result(program)).toBe(3)
    expect([mesh.runs('parent'), mesh.runs('child').sort()]).toEqual([['W'], ['M', 'V']])
    expect(mesh.alive().map(({ state }) => state.counters.forbidden)).toEqual([0, 0, 0, 0])
    mesh.endsWell()
  })

  it('keeps copies, guards nobody, and dies without loss', () => {
    const mesh = new Scenario({ S: 0, W: worker, V: worker, M: 1, N: 0 })
    mesh.fn('child', function* (_context, n: number) {
      yield* elapse(2_000)
      return new Big({ n }, 1e6)
    })
    mesh.fn('parent', function* (context) {
      const ref = context.call('child', [5], only('M'))
      return yield* get(ref)
    })
    const program = mesh.ask('S', function* (context) {
      const ref = context.call('parent', [], { prefer: { peer: 'W' }, copies: 3 })
      return yield* get(ref)
    })
    mesh.until(() => mesh.timesRun('child') === 1, 'the child runs')
    mesh.run({ forMs: 500 })
    const first = mesh.runs('parent')[0] as string
    for (const peer of mesh.alive()) {
      const guards = (peer.state.members.me.profile?.guards ?? []).length
      if (peer.role === 'worker') expect(guards, peer.peer).toBe(0)
    }
    if (first === 'W') expect(mesh.guardiansOf('W').every((name) => ['S', 'M', 'N'].includes(name))).toBe(true)
    mesh.kill(first)
    expect(mesh.result(program)).toEqual({ n: 5 })
    expect(mesh.timesRun('child')).toBe(1)
    mesh.endsWell()
  })

  it('submits nothing: it is told so, and nobody runs it', () => {
    const mesh = new Scenario({ S: 0, W: worker, M: 1 })
    mesh.fn('work', function* () {
      yield* elapse(10)
      return 'ran'
    })
    const program = mesh.ask('W', function* (context) {
      return yield* get(context.call('work', [], only('M')))
    })
    expect(String(mesh.result(program))).toMatch(
      /FORBIDDEN: a worker runs and keeps what members ask for, and may not submit tasks: that takes an invite/,
    )
    expect(mesh.timesRun('work')).toBe(0)
    expect(mesh.peer('M').state.counters.forbidden).toBe(1)
    mesh.endsWell()
  })

  it('brings no code: what it says is a child runs only what a member has', () => {
    const mesh = new Scenario({ S: 0, W: worker, M: 1 })
    mesh.fn('known', function* () {
      yield* elapse(10)
      return 1
    })
    mesh.peer('W').keepCode('hostile' as CodeId)
    mesh.says('W', 'M', assign('known', { depth: 1, code: 'hostile', by: mesh.peer('W').life }))
    mesh.run({ forMs: 5_000 })
    expect(mesh.timesRun('known')).toBe(0)
    expect(mesh.peer('M').bundles.has('hostile' as CodeId)).toBe(false)
    mesh.endsWell()
  })

  it('plants nothing in a ledger: what it never may ask for is not gone on with when it dies', () => {
    const mesh = new Scenario({ S: 0, W: worker, M: 1 })
    const [attempt] = (
      assign('planted', { depth: 0, code: 'hostile', by: mesh.peer('W').life }) as never as {
        attempts: { spec: LedgerRow['spec'] }[]
      }
    ).attempts
    const row = (object: string, more: Partial<LedgerRow>): LedgerRow => ({
      object: object as ObjectId,
      task: null,
      context: null,
      spec: null,
      copies: 1,
      attempt: 0,
      at: null,
      faded: false,
      located: null,
      ...more,
    })
    const rows = [
      row('of-planted', { task: 'of-planted' as TaskId, spec: attempt?.spec ?? null }),
      row('named', {
        context: 'job-1' as ContextId,
        located: { type: 'inline', bytes: new Uint8Array([1]), refs: [] },
      }),
    ]
    const head = { context: 'job-1' as ContextId, name: 'mine', detached: true, opened: 1, submitter: null, names: [] }
    mesh.says('W', 'M', { type: 'guard', nth: 1, begin: true, more: false, rows, gone: [], jobs: [head] })
    mesh.run({ forMs: 500 })
    const { guarded } = mesh.peer('M').state
    expect([guarded.size, guarded.jobsOf(mesh.peer('W').life)]).toEqual([0, []])
    mesh.kill('W')
    mesh.run({ forMs: 10_000 })
    expect([mesh.timesRun('planted'), mesh.peer('M').state.jobs.size]).toEqual([0, 0])
    mesh.endsWell()
  })
})

const life = 'x/1' as LifeId
const object = 'x' as ObjectId
const context = 'job-1' as ContextId
/** Said by whoever is let in as that, and refused. */
const membersOnly: Message[] = [
  { type: 'cancel', object, reason: 'because' },
  { type: 'end-job', context, reason: 'because' },
  { type: 'seek', context },
  { type: 'sought', context, isTaken: true, has: true, detached: true, opened: 1, names: [] },
  { type: 'claim', context },
  { type: 'claimed', context, rows: [], more: false },
  { type: 'guarded', nth: 1, full: false },
  { type: 'drain', withinMs: 0 },
]
const notForObservers: Message[] = [
  ...membersOnly,
  { type: 'assign', epoch: { number: 1, by: life }, attempts: [] },
  { type: 'abort', task: 'x' as TaskId, attempt: 1, reason: 'because' },
  { type: 'delivered', task: 'x' as TaskId, attempt: 1 },
  { type: 'grant', credits: 100 },
  { type: 'outcome', task: 'x' as TaskId, attempt: 1, outcome: { type: 'cancelled', reason: '' }, ms: 1 },
  { type: 'holding', object, size: 1, hash: 'x' },
  { type: 'mayDrop', object, nth: 1, pressed: false },
  { type: 'found', objects: [] },
  { type: 'sources', object, from: [] },
  { type: 'drop', object, nth: 1 },
  { type: 'keep', object, nth: 1 },
  { type: 'located', object, located: { type: 'inline', bytes: new Uint8Array(), refs: [] } },
  { type: 'borrowed', object, nth: 1, known: true },
  { type: 'replicate', object, size: 1, hash: 'x', from: [] },
  { type: 'verify', object, hash: 'x' },
  { type: 'free', object },
  { type: 'guard', nth: 1, begin: true, more: false, rows: [], gone: [], jobs: [] },
  { type: 'unguard' },
  {
    type: 'compare',
    object,
    located: { type: 'inline', bytes: new Uint8Array(), refs: [] },
    isFirst: true,
    reply: true,
  },
]

describe.each([
  ['worker', worker, membersOnly],
  ['observer', observer, notForObservers],
] as const)('message by message, a %s', (role, seat, messages) => {
  it.each(messages.map((message) => [message.type, message] as const))(
    'may not say %s, and is told',
    (_type, message) => {
      const mesh = new Scenario({ S: 0, X: seat, M: 1 })
      mesh.says('X', 'M', message)
      mesh.run({ forMs: 500 })
      expect(mesh.peer('M').state.counters.forbidden).toBe(1)
      const told = mesh.notices.filter(({ notice }) => notice.type === 'peer:refused').map(({ notice }) => notice)
      expect(told).toEqual([
        {
          type: 'peer:refused',
          peer: 'M' as PeerId,
          name: 'M',
          by: 'them',
          reason: expect.stringContaining(role) as string,
        },
      ])
      expect(mesh.peer('M').state.leaving).toBeNull()
      mesh.endsWell()
    },
  )
})

describe('an observer', () => {
  it('looks and reads, and gets neither work nor copies nor ledgers, whatever it says of itself', () => {
    const boast = { role: 'observer', slots: 8 } as const
    const mesh = new Scenario({ S: 0, O: boast, M: 1, N: 1 })
    mesh.fn('work', function* (_context, n: number) {
      yield* elapse(50)
      return new Big({ n }, 1e6)
    })
    const program = mesh.ask('S', function* (context) {
      const refs = [1, 2, 3, 4, 5, 6].map((n) => context.call('work', [n], { copies: 4 }))
      for (const ref of refs) yield* get(ref)
      yield* elapse(3_000)
      return 'done'
    })
    expect(mesh.result(program)).toBe('done')
    expect(mesh.runs('work').includes('O')).toBe(false)
    const { state } = mesh.peer('O')
    expect([state.holdings.size, state.guarded.owners().length, state.executor.size]).toEqual([0, 0, 0])
    mesh.endsWell()
  })
})
