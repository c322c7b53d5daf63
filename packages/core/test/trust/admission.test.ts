// Who is let in, who is not, and what each side is told; an invite becoming a pass; both ending.

import { beforeEach, describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/model/ids.ts'
import type { Credentials, Invite } from '../../src/trust/index.ts'
import { Admission, meshKeys, signInvite, signRevocation } from '../../src/trust/index.ts'
import { signPass } from '../../src/trust/pass.ts'

const [alice, bob, carol] = ['alice', 'bob', 'carol'] as [PeerId, PeerId, PeerId]
const keys = meshKeys(new Uint8Array(32).fill(7))
const others = meshKeys(new Uint8Array(32).fill(8))
const start = Date.UTC(2030, 0, 1)
const until = start + 60_000
let time: number

beforeEach(() => {
  time = start
})

const now = (): number => time
const holder = (self: PeerId, by = keys): Admission => new Admission({ self, by, now })
const inviteOf = (role: Invite['role'] = 'worker', by = keys): Invite =>
  signInvite({ id: 'a1', role, until, entry: [] }, by)
const guest = (self: PeerId, invite = inviteOf()): Admission => new Admission({ self, by: invite, now })

/** One hello and its answer, as a link does it. */
function meet(from: Admission, to: Admission, names: { from: PeerId; to: PeerId }): { there: unknown; here: unknown } {
  const there = to.judge(names.from, from.credentials(names.to))
  if (!there.admitted) return { there, here: null }
  const here = from.judge(names.to, { pass: to.pass, issued: there.issued } satisfies Credentials)
  return { there, here }
}

/** A guest that has been let in. */
function admitted(self: PeerId, role: Invite['role'] = 'worker'): Admission {
  const one = guest(self, inviteOf(role))
  meet(one, holder(alice), { from: self, to: alice })
  return one
}

const isMember = { admitted: true, role: 'member', until: Number.POSITIVE_INFINITY }
const refusedWith = (code: string, sentence: RegExp): unknown => ({
  admitted: false,
  code,
  sentence: expect.stringMatching(sentence) as string,
})

describe('who holds the key', () => {
  test('is a member, for ever, on both sides', () => {
    expect(meet(holder(alice), holder(bob), { from: alice, to: bob })).toEqual({ there: isMember, here: isMember })
    expect(holder(alice)).toMatchObject({ role: 'member', until: Number.POSITIVE_INFINITY, ended: null })
  })

  test('of another mesh is refused', () => {
    const { there } = meet(holder(alice, others), holder(bob), { from: alice, to: bob })
    expect(there).toEqual(refusedWith('FORBIDDEN', /^this mesh has another key: join with the same mesh\.key/))
    expect(holder(alice, others).mesh).not.toBe(holder(alice).mesh)
  })
})

describe('a pass', () => {
  test('is of no use to another peer', () => {
    const verdict = holder(bob).judge(carol, { pass: holder(alice).pass })
    expect(verdict).toEqual(refusedWith('FORBIDDEN', /of another peer, and cannot be passed on/))
  })

  test('that is forged, changed or rubbish is refused', () => {
    const pass = holder(alice).pass as string
    const [header = '', payload = '', signature = ''] = pass.split('.')
    const worker = signPass({ peer: alice, role: 'worker', until, invite: null }, keys.secretKey).split('.')
    const forged = [
      `${header}.${payload}.${'A'.repeat(86)}`,
      `${worker[0]}.${payload}.${worker[2]}`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}AA`,
      inviteOf('member').token,
      signRevocation({ id: 'a1', until }, keys.secretKey),
      '',
      'x',
    ]
    for (const token of forged) {
      expect(holder(bob).judge(alice, { pass: token }), token).toEqual(refusedWith('FORBIDDEN', /another key/))
    }
  })

  test('ends with its invite, everywhere', () => {
    const worker = admitted(carol)
    expect(holder(bob).judge(carol, { pass: worker.pass })).toEqual({ admitted: true, role: 'worker', until })
    time = until
    const ended = /^this invite has expired on 2030-01-01 at 00:01 UTC: ask for another one$/
    expect(holder(bob).judge(carol, { pass: worker.pass })).toEqual(refusedWith('INVITE_INVALID', ended))
    expect(worker.ended).toMatch(/expired/)
  })

  test('is kept for the next life, and only for its own invite and peer', () => {
    const { pass } = admitted(carol)
    const again = (self: PeerId, invite = inviteOf()): Admission =>
      new Admission({ self, by: invite, now, pass: pass as string })
    expect(again(carol).credentials(bob)).toEqual({ pass })
    expect(again(bob).pass).toBeNull()
    expect(again(carol, signInvite({ id: 'a2', role: 'worker', until, entry: [] }, keys)).pass).toBeNull()
    expect(again(carol, inviteOf('worker', others)).pass).toBeNull()
  })
})

test.each([undefined, null, 7, 'x', [], {}, { pass: 7 }, { pass: null }, { knock: 'x' }, { knock: { invite: 7 } }])(
  'who shows %j is refused',
  (shown) => {
    expect(holder(bob).judge(alice, shown)).toEqual(refusedWith('FORBIDDEN', /^nothing was shown: .*murmur invite/))
  },
)

describe('an invite', () => {
  test.each(['worker', 'member', 'observer'] as const)('as %s is turned into a pass of that role', (role) => {
    const [at, from] = [holder(alice), guest(carol, inviteOf(role))]
    expect(from).toMatchObject({ role, pass: null, until })
    const { there, here } = meet(from, at, { from: carol, to: alice })
    expect(there).toMatchObject({ admitted: true, role, until })
    expect(here).toEqual(isMember)
    expect(from).toMatchObject({ role, until, ended: null })
  })

  test('never sends its secret, and shows a stranger nothing that anybody else could use', () => {
    const invite = inviteOf()
    const shown = guest(carol, invite).credentials(alice)
    const secret = invite.token.slice(invite.token.lastIndexOf('.') + 1)
    expect(JSON.stringify(shown)).not.toContain(secret)
    expect(holder(alice).judge(bob, shown)).toEqual(refusedWith('INVITE_INVALID', /not made by this mesh/))
    expect(holder(bob).judge(carol, shown)).toEqual(refusedWith('INVITE_INVALID', /not made by this mesh/))
  })

  test('lets two who were let in meet without the key', () => {
    const [one, two] = [admitted(bob, 'member'), admitted(carol)]
    expect(meet(one, two, { from: bob, to: carol })).toEqual({
      there: { admitted: true, role: 'member', until },
      here: { admitted: true, role: 'worker', until },
    })
  })

  test('is turned into a pass only by who holds the key', () => {
    const { there } = meet(guest(carol), admitted(bob), { from: carol, to: bob })
    expect(there).toEqual(refusedWith('FORBIDDEN', /does not hold the mesh's key: knock where the invite says/))
  })

  test('of another mesh, or made up, is refused', () => {
    const foreign = meet(guest(carol, inviteOf('worker', others)), holder(alice), { from: carol, to: alice })
    expect(foreign.there).toEqual(refusedWith('INVITE_INVALID', /of another mesh/))
    const signed = inviteOf()
    const forged = { ...signed, token: `${signed.token.slice(0, -86)}${'A'.repeat(86)}` }
    const made = meet(guest(carol, forged), holder(alice), { from: carol, to: alice })
    expect(made.there).toEqual(refusedWith('INVITE_INVALID', /not made by this mesh/))
  })

  test('raised to another role by its holder is refused', () => {
    const invite = inviteOf('observer')
    const [header, payload = '', signature] = invite.token.split('.')
    const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), role: 'member' } as unknown
    const token = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
    const { there } = meet(guest(carol, { ...invite, role: 'member', token }), holder(alice), {
      from: carol,
      to: alice,
    })
    expect(there).toEqual(refusedWith('INVITE_INVALID', /not made by this mesh/))
  })

  test('that has ended is refused', () => {
    const from = guest(carol)
    time = until
    expect(meet(from, holder(alice), { from: carol, to: alice }).there).toEqual(
      refusedWith('INVITE_INVALID', /expired/),
    )
  })

  test('does not take a stranger’s pass for the mesh’s: the newcomer turns away, too', () => {
    const verdict = guest(carol).judge(bob, { pass: holder(bob, others).pass })
    expect(verdict).toEqual(refusedWith('FORBIDDEN', /another key/))
  })
})

describe('a revocation', () => {
  const revocation = signRevocation({ id: 'a1', until }, keys.secretKey)

  test('ends the invite and every pass that was made from it', () => {
    const worker = admitted(carol)
    const at = holder(bob)
    let judgeAgain = 0
    at.onChange(() => judgeAgain++)
    expect(at.learn([revocation])).toEqual([revocation])
    expect(judgeAgain).toBe(1)
    expect(at.judge(carol, { pass: worker.pass })).toEqual(refusedWith('INVITE_INVALID', /^this invite was revoked/))
    expect(meet(guest(carol), at, { from: carol, to: bob }).there).toEqual(refusedWith('INVITE_INVALID', /revoked/))
    worker.learn([revocation])
    expect(worker.ended).toBe("this peer's invite was revoked")
  })

  test('is learnt once, kept, and told on', () => {
    const at = holder(bob)
    expect(at.learn([revocation, revocation])).toEqual([revocation])
    expect(at.learn([revocation])).toEqual([])
    expect(at.revocations).toEqual([revocation])
    const next = new Admission({ self: bob, by: keys, now, revoked: at.revocations })
    expect(next.judge(carol, { pass: admitted(carol).pass })).toMatchObject({ admitted: false })
    time = until
    expect(next.revocations).toEqual([])
  })

  test('that the mesh did not sign revokes nothing', () => {
    const at = holder(bob)
    const forged = signRevocation({ id: 'a1', until }, others.secretKey)
    expect(at.learn([forged, '', 'x', 'a.b.c', inviteOf().token])).toEqual([])
    expect(at.judge(carol, { pass: admitted(carol).pass })).toMatchObject({ admitted: true })
  })

  test('of one invite leaves others alone', () => {
    const at = holder(bob)
    at.learn([signRevocation({ id: 'a2', until }, keys.secretKey)])
    expect(at.judge(carol, { pass: admitted(carol).pass })).toMatchObject({ admitted: true })
  })
})
