import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Instant, LifeId, PeerId } from '../../src/model/ids.ts'
import type { Claim, MemberState, Profile } from '../../src/model/world.ts'
import { Membership } from '../../src/state/membership.ts'

const now = 0 as Instant

function profile(version: number): Profile {
  const base = { name: `v${version}`, kind: 'sim', slots: 1, labels: {}, resources: {} } as const
  return { ...base, version, memoryBytes: 1, addresses: [], domain: 'd' }
}

const states: readonly MemberState[] = ['alive', 'draining', 'suspect', 'dead', 'left']

const claim: fc.Arbitrary<Claim> = fc
  .record({
    peer: fc.constantFrom('a', 'b'),
    life: fc.integer({ min: 1, max: 3 }),
    incarnation: fc.integer({ min: 0, max: 3 }),
    state: fc.constantFrom(...states),
    version: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  })
  .map(({ peer, life, incarnation, state, version }) => ({
    life: `${peer}/${life}` as LifeId,
    incarnation,
    state,
    by: 'x' as PeerId,
    ...(version === undefined ? {} : { profile: profile(version) }),
  }))

function told(claims: readonly Claim[]): Membership {
  const members = new Membership('me/1' as LifeId, profile(1), now)
  for (const one of claims) members.apply(one, now)
  return members
}

/** What is believed of states; profiles of lives that were skipped are nobody's. */
function believed(members: Membership): unknown {
  return [...members.all()]
    .map(({ life, incarnation, state }) => [life, incarnation, state])
    .sort((a, b) => String(a[0]).localeCompare(String(b[0])))
}

describe('claims merge', () => {
  it('in any order', () => {
    fc.assert(
      fc.property(
        fc
          .array(claim, { maxLength: 12 })
          .chain((claims) => fc.tuple(fc.constant(claims), fc.shuffledSubarray(claims, { minLength: claims.length }))),
        ([claims, shuffled]) => {
          expect(believed(told(shuffled))).toEqual(believed(told(claims)))
        },
      ),
    )
  })

  it('any number of times', () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 12 }), (claims) => {
        expect(believed(told([...claims, ...claims]))).toEqual(believed(told(claims)))
      }),
    )
  })

  it('table by table as claim by claim', () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 8 }), fc.array(claim, { maxLength: 8 }), (ours, theirs) => {
        const table = told(theirs)
        const others = [...table.all()].map((row) => table.claimOf(row)).filter(({ life }) => !life.startsWith('me/'))
        expect(believed(told([...ours, ...others]))).toEqual(believed(told([...ours, ...theirs])))
      }),
    )
  })

  it('keep the newest profile of the life that counts', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3], { minLength: 1 }), (versions) => {
        const members = told(
          versions.map((version) => ({
            life: 'a/1' as LifeId,
            incarnation: 0,
            state: 'alive',
            by: 'x' as PeerId,
            profile: profile(version),
          })),
        )
        expect(members.get('a' as PeerId)?.profile?.version).toBe(Math.max(...versions))
      }),
    )
  })
})

describe('a claim changes what is believed', () => {
  const says = (life: string, incarnation: number, state: MemberState): Claim => ({
    life: life as LifeId,
    incarnation,
    state,
    by: 'x' as PeerId,
  })

  it.each([
    ['a higher life ends the lower one', says('a/2', 0, 'alive'), { ended: 'a/1', began: 'a/2', revived: false }],
    ['a death ends the life', says('a/1', 1, 'dead'), { ended: 'a/1', began: null, revived: false }],
    ['a suspicion ends nothing', says('a/1', 1, 'suspect'), { ended: null, began: null, revived: false }],
    [
      'left at an older incarnation still ends it',
      says('a/1', 0, 'left'),
      { ended: 'a/1', began: null, revived: false },
    ],
  ])('%s', (_what, next, change) => {
    const members = told([says('a/1', 1, 'alive')])
    expect(members.apply(next, now)).toMatchObject(change)
  })

  it.each([
    ['an older life', says('a/1', 9, 'alive')],
    ['an older incarnation', says('a/2', 0, 'dead')],
    ['the same again', says('a/2', 1, 'alive')],
  ])('%s is no news', (_what, next) => {
    const members = told([says('a/2', 1, 'alive')])
    expect(members.apply(next, now)).toBeNull()
  })

  it('a refutation revives the dead, suspected or not', () => {
    for (const state of ['alive', 'suspect'] as const) {
      const members = told([says('a/1', 0, 'alive'), says('a/1', 0, 'dead')])
      expect(members.apply(says('a/1', 1, state), now)?.revived).toBe(true)
    }
  })

  it('only its own words raise our incarnation, above what was said of us', () => {
    const members = told([])
    expect(members.refute(7).incarnation).toBe(8)
    expect(members.apply(says('me/1', 99, 'dead'), now)).toBeNull()
  })
})
