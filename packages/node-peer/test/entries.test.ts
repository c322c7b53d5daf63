// What may be named as an entry: addresses, an invite, or both; given, or in the environment.

import { inviteLink, meshKeys, signInvite } from '@murmuration/core/internal'
import { afterEach, expect, test, vi } from 'vitest'
import { namedEntries } from '../src/entries.ts'

const keys = meshKeys(new Uint8Array(32).fill(7))
const at = '/ip4/127.0.0.1/tcp/9000/ws'
const linkOf = (entry: string[], until = Date.now() + 60_000): string =>
  inviteLink(signInvite({ id: 'a1', role: 'member', until, entry }, keys))

afterEach(() => vi.unstubAllEnvs())

test('addresses, an invite with its own, or both', () => {
  expect(namedEntries(['lab-3:9000'])).toEqual({ invite: null, addresses: ['lab-3:9000'] })
  expect(namedEntries([linkOf([at])])).toMatchObject({ invite: { id: 'a1' }, addresses: [at] })
  expect(namedEntries([linkOf([]), 'lab-3:9000'])).toMatchObject({ invite: { id: 'a1' }, addresses: ['lab-3:9000'] })
  expect(namedEntries([])).toEqual({ invite: null, addresses: [] })
})

test('the environment counts when nothing is given', () => {
  vi.stubEnv('MURMURATION_ENTRY', '')
  expect(namedEntries(undefined)).toBeNull()
  vi.stubEnv('MURMURATION_ENTRY', `lab-3:9000, ${linkOf([at])}`)
  expect(namedEntries(undefined)).toMatchObject({ invite: { id: 'a1' }, addresses: ['lab-3:9000', at] })
  expect(namedEntries([])).toEqual({ invite: null, addresses: [] })
})

test.each([
  ['two invites', [linkOf([at]), linkOf([at])], 'INVALID_OPTION', /two invites/],
  ['one that has ended', [linkOf([at], Date.now() - 1_000)], 'INVITE_INVALID', /has expired on/],
  ['one that leads nowhere', [linkOf([])], 'INVITE_INVALID', /does not say where to knock/],
  ['one that was cut', [linkOf([at]).slice(0, -9)], 'INVITE_INVALID', /cut short/],
])('%s is said', (_what, entry, code, sentence) => {
  expect(() => namedEntries(entry)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(sentence) as string }),
  )
})
