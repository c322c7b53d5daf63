// Invites as they come back from chat programs, mail and paper; passes and tokens as any JWT tool reads them.

import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { inviteLink, looksLikeInvite, meshKeys, meshName, parseInvite, signInvite } from '../../src/trust/index.ts'
import { checkUntil } from '../../src/trust/invite.ts'

const key = new Uint8Array(32).fill(7)
const keys = meshKeys(key)
const until = Date.UTC(2040, 0, 1)
const entry = ['/ip4/127.0.0.1/tcp/9000/ws/p2p/12D3KooWJq2wvFiG5pM9vA3aYvHRCdxrQQ63dEtaEffDUTQsGQNm']
const invite = signInvite({ id: 'a1', role: 'worker', until, entry }, keys)
const link = inviteLink(invite, 'http://127.0.0.1:8080/join')
const { token } = invite

const refusal = (text: string): unknown => {
  try {
    return parseInvite(text)
  } catch (error) {
    return error
  }
}

describe('an invite', () => {
  test('is read from its link, with all that it says', () => {
    expect(parseInvite(link)).toEqual(invite)
    expect(parseInvite(link)).toMatchObject({ id: 'a1', role: 'worker', until, entry, key: keys.publicKey })
    expect(link.indexOf('#')).toBeLessThan(link.indexOf(token))
    expect(inviteLink(invite)).toBe(`murmuration:join#${token}`)
    expect(inviteLink(invite, 'http://127.0.0.1:8080/#old')).toBe(`http://127.0.0.1:8080/#${token}`)
  })

  const escaped = encodeURIComponent(link)
  const repaired: [what: string, text: string][] = [
    ['blanks around it', `  ${link} \n`],
    ['angle brackets', `<${link}>`],
    ['a sentence around it', `Join us: ${link}. It is fun.`],
    ['quotes', `"${link}"`],
    ['brackets', `[here](${link})`],
    ['a mail program’s line breaks', link.replaceAll(/(.{76})/g, '$1\r\n')],
    ['line breaks and a last word', `${link.replaceAll(/(.{60})/g, '$1\n')} bye`],
    ['the token alone', token],
    ['an escape', escaped],
    ['two escapes', encodeURIComponent(escaped)],
    ['an escaped #', link.replace('#', '%23')],
    ['a capitalised scheme', link.replace('http', 'HTTP')],
  ]
  test.each(repaired)('%s is repaired', (_what, text) => {
    expect(parseInvite(text)).toEqual(invite)
  })

  test('cut anywhere, it is cut short', () => {
    const from = link.indexOf('#') + 4
    for (let at = from; at < link.length; at++) {
      expect(refusal(link.slice(0, at)), String(at)).toMatchObject({
        code: 'INVITE_INVALID',
        message: expect.stringMatching(/cut short: copy the whole link/) as string,
      })
    }
  })

  test('with any letter changed, it was changed on its way or is no invite', () => {
    for (let at = 0; at < token.length; at += 3) {
      const other = token[at] === 'A' ? 'B' : 'A'
      const changed = `${token.slice(0, at)}${other}${token.slice(at + 1)}`
      expect(refusal(changed), String(at)).toMatchObject({ code: 'INVITE_INVALID' })
    }
  })

  test.each(['', 'hello', 'http://127.0.0.1:8080/', '#', 'eyJ', '%', '%E0%A4%A'])('%j is none', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'INVITE_INVALID' })
  })

  test('a token of another kind, or of no kind, is none', () => {
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'invite+jwt' })).toString('base64url')
    const [, payload, signature] = token.split('.')
    expect(refusal(`${header}.${payload}.${signature}`)).toMatchObject({ code: 'INVITE_INVALID' })
  })

  test('ends when it says', () => {
    expect(() => checkUntil(invite, until - 1)).not.toThrow()
    expect(() => checkUntil(invite, until)).toThrow(
      'this invite has expired on 2040-01-01 at 00:00 UTC: ask for another one',
    )
  })

  test('is told from addresses', () => {
    for (const text of [link, token, ` <${link}>`, inviteLink(invite), 'murmuration:join#', link.slice(0, 60)])
      expect(looksLikeInvite(text), text).toBe(true)
    for (const text of ['lab-3:9000', 'ws://10.0.0.3:9000', 'wss://a.b:1/', ...entry, '[::1]:9000'])
      expect(looksLikeInvite(text), text).toBe(false)
    for (const letters of ['eyJ', 'EyJ', 'EYJ']) {
      const address = `/ip4/127.0.0.1/tcp/9000/p2p/12D3KooW${letters}hbGciOiJFZERTQSJ9`
      expect(looksLikeInvite(address), address).toBe(false)
    }
  })
})

test('a token is a JWT that others can check: signed with EdDSA, by the public key that the invite carries', () => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const x = Buffer.from(keys.publicKey).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'EdDSA', typ: 'invite+jwt' })
  expect(verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
    jti: 'a1',
    role: 'worker',
    exp: until / 1_000,
    key: x,
    entry,
  })
})

test('one key is one mesh, and its name is of the public half alone', () => {
  expect(meshKeys(key)).toEqual(keys)
  expect(meshKeys(new Uint8Array(32)).publicKey).not.toEqual(keys.publicKey)
  expect(meshName(keys.publicKey)).toMatch(/^[0-9a-f]{16}$/)
  expect(keys.secretKey).not.toEqual(key)
})
