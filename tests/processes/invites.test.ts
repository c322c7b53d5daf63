// Letting people in who do not share the mesh's key, as they meet it: a link, a QR code, another home; what
// each role may do there; and the ways out: expired, revoked.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import jsQR from 'jsqr'
import { inviteLink, signInvite } from '@murmuration/core/internal'
import type { Role } from '@murmuration/core/internal'
import { joinPeer, meshOf, userKeys } from '@murmuration/node-peer/internal'
import { joinMesh } from 'murmuration'
import type { JoinOptions, Mesh } from 'murmuration'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Running } from './command.ts'
import { Terminal } from './command.ts'
import type * as work from './work.task.ts'

/** Where the mesh's key is, and where it is not. */
let host: Terminal
let guest: Terminal
let home: string
let first: { peer: Running; name: string; addresses: string[] }
const meshes: Mesh[] = []

beforeEach(async () => {
  host = await Terminal.open()
  guest = await Terminal.open()
  home = await mkdtemp(join(tmpdir(), 'murmuration-guest-'))
  first = await host.up()
})

afterEach(async () => {
  await Promise.all(meshes.splice(0).map((mesh) => mesh.leave()))
  await Promise.all([host.close(), guest.close()])
  await rm(home, { recursive: true, force: true })
})

interface Invited {
  readonly id: string
  readonly link: string
}

async function invite(role: Role, ...words: string[]): Promise<Invited> {
  const { out } = await host.murmur('invite', '--role', role, '--json', ...words)
  return JSON.parse(out) as Invited
}

/** A mesh of this process, which has no key. */
async function come(entry: string, options: JoinOptions = {}): Promise<Mesh> {
  const mesh = await joinMesh({ entry: [entry], slots: 0, identity: 'fresh', home, taskOutput: 'none', ...options })
  meshes.push(mesh)
  return mesh
}

/** A member of the host's own. */
async function member(): Promise<Mesh> {
  return come(first.addresses[0] as string, { home: host.home })
}

const forbidden = (deed: string): object => ({
  code: 'FORBIDDEN',
  message: expect.stringContaining(`a worker runs and keeps what members ask for, and may not ${deed}`) as string,
})

describe('a worker', () => {
  test('from another home runs what members ask for, and what its tasks ask for runs elsewhere', async () => {
    const { link } = await invite('worker')
    const second = await guest.up('--invite', link)
    const mesh = await member()
    const pid = mesh.fn(() => process.pid)
    expect(
      await pid
        .with({ needs: { peer: second.name } })()
        .get(),
    ).toBe(second.peer.pid)
    const tasks = await mesh.use<typeof work>(new URL('./work.task.ts', import.meta.url))
    const pidOfChildAt = tasks.pidOfChildAt.with({ needs: { peer: second.name } })
    expect(await pidOfChildAt(first.name).get()).toBe(first.peer.pid)
    const bytes = await mesh.put(new Uint8Array(1_000_000).fill(7))
    expect(
      await tasks.wrong
        .with({ needs: { peer: second.name } })(bytes, 7)
        .get(),
    ).toBeGreaterThan(0)
    expect(mesh.peers().find(({ name }) => name === second.name)?.role).toBe('worker')
  })

  test('may submit, put, open jobs and stop jobs no more than its own program says', async () => {
    const mesh = await come((await invite('worker')).link)
    expect(() => mesh.fn((x: number) => x * x)(7)).toThrow(expect.objectContaining(forbidden('submit tasks')))
    await expect(mesh.put(7)).rejects.toMatchObject(forbidden('put objects'))
    await expect(mesh.job('mine')).rejects.toMatchObject(forbidden('open jobs'))
  })

  test('that would submit all the same is refused by whoever it asks', async () => {
    const { link } = await invite('worker')
    const joined = await joinPeer({ entry: [link], slots: 0, identity: 'fresh', home, taskOutput: 'none' })
    // Its own conscience is silenced.
    Object.defineProperty(joined.peer.admission, 'role', { value: 'member' })
    const mesh = meshOf(joined)
    meshes.push(mesh)
    const ran = mesh.fn(() => 'ran').with({ needs: { peer: first.name } })()
    await expect(ran.get()).rejects.toMatchObject(forbidden('submit tasks'))
  })

  test('may not drain a peer or stop a job by command', async () => {
    const { link } = await invite('worker')
    for (const words of [
      ['drain', first.name],
      ['stop', 'mine'],
    ]) {
      const { code, err } = await guest.murmur(...words, '--invite', link)
      expect({ code, err }).toMatchObject({
        code: expect.any(Number) as number,
        err: expect.stringMatching(/^murmur: /) as string,
      })
      expect(code).not.toBe(0)
    }
    expect(JSON.parse((await host.murmur('status', '--json')).out)).toMatchObject({ peers: [{ state: 'alive' }] })
  })
})

test('a member submits: by the link as entry, by MURMURATION_ENTRY, by murmur run --invite', async () => {
  const { link } = await invite('member')
  const mesh = await come(`  <${link}> `)
  expect(
    await mesh
      .fn((x: number) => x * x)(7)
      .get(),
  ).toBe(49)
  const ran = await guest.murmur('run', '--invite', link, 'sum.ts', '3')
  // What its tasks print, wherever they ran.
  expect(ran.err.replaceAll(/^\[.* busy\] busy with \d\n/gm, '')).toBe('')
  expect(ran.code).toBe(0)
  expect(ran.out).toContain('{"sum":3,"by":"sum.ts"}')
  const { MURMURATION_ENTRY: before } = process.env
  process.env['MURMURATION_ENTRY'] = link
  try {
    const again = await joinMesh({ slots: 0, identity: 'fresh', home, taskOutput: 'none' })
    meshes.push(again)
    expect(
      await again
        .fn((x: number) => x + 1)(1)
        .get(),
    ).toBe(2)
  } finally {
    if (before === undefined) delete process.env['MURMURATION_ENTRY']
    else process.env['MURMURATION_ENTRY'] = before
  }
})

test('an observer looks: it sees peers, and may do nothing', async () => {
  const { link } = await invite('observer')
  const seen = JSON.parse((await guest.murmur('status', '--json', '--invite', link)).out) as {
    peers: { name: string }[]
  }
  expect(seen.peers.map(({ name }) => name)).toEqual([first.name])
  const mesh = await come(link, { slots: 8 })
  expect(() => mesh.fn(() => 1)()).toThrow(/an observer looks and reads, and may not submit tasks/)
  const self = mesh.peers().find(({ isSelf }) => isSelf)
  expect(self).toMatchObject({ role: 'observer', slots: 0 })
  const { code, err } = await guest.murmur('drain', first.name, '--invite', link)
  expect(code).toBe(2)
  expect(err).toMatch(/may not send peers away/)
})

describe('the way out', () => {
  test('an expired invite is refused here, before anybody is asked', async () => {
    const until = Date.now() - 60_000
    const old = signInvite({ id: 'old', role: 'worker', until, entry: first.addresses }, await userKeys(host.home))
    await expect(come(inviteLink(old))).rejects.toMatchObject({
      code: 'INVITE_INVALID',
      message: expect.stringMatching(/^this invite has expired on .* UTC: ask for another one$/) as string,
    })
    const { code, err } = await guest.murmur('up', '--invite', inviteLink(old))
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^murmur: this invite has expired[^\n]*\n$/) as string,
    })
  })

  test('a peer leaves when its invite ends', async () => {
    const { link } = await invite('worker', '--for', '6s')
    const up = guest.start('up', '--json', '--invite', link)
    const { code, err } = await up.ended
    expect(code).toBe(2)
    expect(err).toMatch(/expired on/)
  })

  test('a revoked peer is thrown out, is told why, and does not get in again', async () => {
    const { id, link } = await invite('worker')
    const second = await guest.up('--invite', link)
    await first.peer.said(({ event, name }) => event === 'peer:joined' && name === second.name)
    expect(JSON.parse((await host.murmur('list', 'invites', '--json')).out)).toMatchObject({
      invites: [{ id, role: 'worker', state: 'open' }],
    })
    const revoked = await host.murmur('revoke', id.slice(0, 6))
    expect(revoked).toMatchObject({ code: 0, err: '' })
    expect(revoked.out).toContain(`revoked ${id}`)
    const { code, err } = await second.peer.ended
    expect(code).toBe(2)
    expect(err).toMatch(/this peer's invite was revoked/)
    await first.peer.said(
      ({ event, by, reason }) => event === 'peer:refused' && by === 'us' && /revoked/.test(String(reason)),
    )
    const again = await guest.murmur('up', '--invite', link)
    expect(again.code).toBe(2)
    expect(again.err).toMatch(/revoked/)
    expect((await host.murmur('list', 'invites')).out).toMatch(new RegExp(`${id} +worker +revoked`))
    expect((await host.murmur('revoke', id)).out).toMatch(/was revoked already/)
    // It is written down: a peer that starts later knows it, too.
    first.peer.signal('SIGKILL')
    await first.peer.ended
    const port = Number(/tcp\/(\d+)\/p2p/.exec(first.addresses[0] as string)?.[1])
    await host.up('--port', String(port))
    const later = await guest.murmur('up', '--home', home, '--entry', `127.0.0.1:${port}`, '--invite', link)
    expect(later.code).toBe(2)
    expect(later.err).toMatch(/this invite was revoked: ask for another one/)
  })

  test('without the key nobody can revoke, and an unknown invite is named', async () => {
    const { id } = await invite('worker')
    const { code, err } = await guest.murmur('revoke', id)
    expect(code).toBe(1)
    expect(err).toMatch(`no invite ${id} was made here`)
  })
})

describe('what was typed', () => {
  test('a link that was cut, changed or is of something else is said, and not repeated', async () => {
    const { link } = await invite('worker')
    const cases: [string, RegExp][] = [
      [link.slice(0, -20), /cut short: copy the whole link/],
      [`${link.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA`, /changed on its way, or made up/],
      ['hello', /there is no invite in it/],
    ]
    for (const [text, sentence] of cases) {
      const { code, err } = await guest.murmur('up', '--invite', text)
      expect(err).toMatch(sentence)
      expect(err).not.toContain('eyJ')
      expect({ code, lines: err.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
    }
  })

  test('with no peer up there is nowhere to lead to', async () => {
    const { code, err } = await guest.murmur('invite')
    expect(code).toBe(1)
    expect(err).toMatch(/no peer of yours runs on this machine for an invite to lead to: start one with murmur up/)
  })
})

test('the printed QR code is the link', async () => {
  const { out } = await host.murmur('invite', '--page', 'http://127.0.0.1:8080/join')
  const link = out.split('\n').find((line) => line.startsWith('http'))
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:8080\/join#eyJ/)
  expect(decoded(out)).toBe(link)
})

/** What a phone sees: every letter is two points, the lower one below the upper one; what is drawn is white. */
function decoded(out: string): string | undefined {
  const drawn = out.split('\n').filter((line) => /^[█▀▄ ]{21,}$/.test(line))
  const scale = 4
  const [width, height] = [drawn[0]?.length ?? 0, drawn.length * 2]
  const pixels = new Uint8ClampedArray(width * height * scale * scale * 4).fill(255)
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const row = Math.floor(y / scale)
      const letter = drawn[Math.floor(row / 2)]?.[Math.floor(x / scale)]
      const isWhite = letter === '█' || letter === (row % 2 === 0 ? '▀' : '▄')
      pixels.fill(isWhite ? 255 : 0, (y * width * scale + x) * 4, (y * width * scale + x) * 4 + 3)
    }
  }
  return jsQR.default(pixels, width * scale, height * scale)?.data
}
