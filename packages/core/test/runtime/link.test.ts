// The first words on a link: who speaks first, what a stranger gets to hear, what ends a link that stands.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { LifeId, PeerId } from '../../src/model/ids.ts'
import { pack } from '../../src/runtime/codec.ts'
import { kinds, sendFramed } from '../../src/runtime/framing.ts'
import type { LinkRefusal } from '../../src/runtime/link.ts'
import { Link } from '../../src/runtime/link.ts'
import type { ByteStream } from '../../src/runtime/ports.ts'
import { Admission, meshKeys, signInvite, signRevocation } from '../../src/trust/index.ts'

const keys = meshKeys(new Uint8Array(32).fill(7))
const [host, guest] = ['host', 'guest'] as [PeerId, PeerId]
const now = (): number => Date.now()

const underway: (() => void)[] = []
let delivering = false

/** In order and before anything else, but never while something arrives. */
function deliver(arrival: () => void): void {
  underway.push(arrival)
  if (delivering) return
  delivering = true
  for (let next = underway.shift(); next; next = underway.shift()) next()
  delivering = false
}

/** Two ends of one stream. `heard`: all that came to this end. */
interface End extends ByteStream {
  readonly heard: string[]
}

function pipe(): [End, End] {
  const ends = [end(), end()] as const
  ends[0].other = ends[1]
  ends[1].other = ends[0]
  return [ends[0], ends[1]]
}

function end(): End & { other: ReturnType<typeof end> | null } {
  let data: ((bytes: Uint8Array) => void) | null = null
  const early: Uint8Array[] = []
  let closed: ((error?: Error) => void) | null = null
  const made = {
    heard: [] as string[],
    other: null as ReturnType<typeof end> | null,
    take: (bytes: Uint8Array): void => {
      made.heard.push(Buffer.from(bytes).toString('latin1'))
      if (data) data(bytes)
      else early.push(bytes)
    },
    over: (): void => closed?.(),
    send: (bytes: Uint8Array): boolean => {
      deliver(() => made.other?.take(bytes))
      return true
    },
    onData: (listener: (bytes: Uint8Array) => void): void => {
      data = listener
      for (const bytes of early.splice(0)) listener(bytes)
    },
    onDrain: (): void => {},
    onClose: (listener: (error?: Error) => void): void => void (closed = listener),
    pause: (): void => {},
    resume: (): void => {},
    close: (): void => deliver(() => made.other?.over()),
    abort: (): void => deliver(() => made.other?.over()),
  }
  return made
}

interface Watched {
  readonly link: Link
  readonly refusals: LinkRefusal[]
  role: string | null
  closed: string | null
}

function watch(
  stream: ByteStream,
  admission: Admission,
  { self, peer, dialled }: { self: PeerId; peer: PeerId; dialled: boolean },
): Watched {
  const seen = { refusals: [] as LinkRefusal[], role: null as string | null, closed: null as string | null }
  const link = new Link(stream, {
    self: `${self}/1` as LifeId,
    peer,
    dialled,
    admission,
    config: presets.test,
    events: {
      opened: (_link, _life, role) => (seen.role = role),
      received: () => {},
      writable: () => {},
      closed: (_link, reason) => (seen.closed = reason),
      refused: (_link, refusal) => seen.refusals.push(refusal),
    },
  })
  return Object.assign(seen, { link })
}

/** Who dials, and who is dialled. */
function meet(
  dialler: Admission,
  listener: Admission,
  self: PeerId = guest,
): { dialling: Watched; listening: Watched; at: End } {
  const [one, other] = pipe()
  const listening = watch(other, listener, { self: host, peer: self, dialled: false })
  const dialling = watch(one, dialler, { self, peer: host, dialled: true })
  return { dialling, listening, at: one }
}

const ofKey = (self: PeerId, key = 7): Admission =>
  new Admission({ self, by: meshKeys(new Uint8Array(32).fill(key)), now })
const ofInvite = (until: number): Admission =>
  new Admission({ self: guest, by: signInvite({ id: 'a1', role: 'worker', until, entry: [] }, keys), now })

beforeEach(() => {
  vi.useFakeTimers()
  vi.setSystemTime(Date.UTC(2030, 0, 1))
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a hello', () => {
  test('of members opens the link on both sides', () => {
    const { dialling, listening } = meet(ofKey(guest), ofKey(host))
    expect([dialling.role, listening.role]).toEqual(['member', 'member'])
  })

  test('with an invite opens it in the role of the invite, and brings a pass', () => {
    const admission = ofInvite(Date.now() + 60_000)
    const { dialling, listening } = meet(admission, ofKey(host))
    expect([dialling.role, listening.role]).toEqual(['member', 'worker'])
    expect(admission.pass).not.toBeNull()
  })

  test('is not said to who has only dialled: a stranger hears one sentence, and nothing of the mesh', () => {
    const listener = ofKey(host)
    const [one, other] = pipe()
    const listening = watch(other, listener, { self: host, peer: guest, dialled: false })
    expect(one.heard).toEqual([])
    sendFramed(one, kinds.hello, pack({ version: 1, life: 'guest/1', pass: null }))
    const heard = one.heard.join('')
    expect(heard).toContain('nothing was shown')
    for (const secret of [listener.mesh, listener.pass as string, 'host/1']) expect(heard).not.toContain(secret)
    expect(listening).toMatchObject({ role: null, refusals: [{ code: 'FORBIDDEN', by: 'us' }] })
  })

  test('of another mesh is refused on both sides, in one sentence', () => {
    const { dialling, listening, at } = meet(ofKey(guest, 8), ofKey(host))
    const sentence = expect.stringMatching(/^this mesh has another key/) as string
    expect(listening.refusals).toEqual([{ code: 'FORBIDDEN', sentence, by: 'us' }])
    expect(dialling.refusals).toEqual([{ code: 'FORBIDDEN', sentence, by: 'them' }])
    expect([dialling.role, listening.role]).toEqual([null, null])
    expect(at.heard.join('')).not.toContain('eyJ')
  })

  test('shown by another peer than it was made for is refused', () => {
    const admission = ofInvite(Date.now() + 60_000)
    meet(admission, ofKey(host))
    const [one, other] = pipe()
    const listening = watch(other, ofKey(host), { self: host, peer: 'thief' as PeerId, dialled: false })
    sendFramed(one, kinds.hello, pack({ version: 1, life: 'thief/1', pass: admission.pass }))
    expect(listening).toMatchObject({
      role: null,
      refusals: [{ sentence: expect.stringContaining('of another peer') as string }],
    })
  })
})

describe('a link that stands', () => {
  test('ends when the pass does, with the reason on both sides', () => {
    const { dialling, listening } = meet(ofInvite(Date.now() + 60_000), ofKey(host))
    vi.advanceTimersByTime(59_999)
    expect([dialling.closed, listening.closed]).toEqual([null, null])
    vi.advanceTimersByTime(1)
    const sentence = 'this invite has expired on 2030-01-01 at 00:01 UTC: ask for another one'
    expect(listening.refusals).toEqual([{ code: 'INVITE_INVALID', sentence, by: 'us' }])
    expect([dialling.closed, listening.closed]).toEqual([sentence, sentence])
  })

  test('lives longer than a timer can be set', () => {
    const { listening } = meet(ofInvite(Date.now() + 60 * 86_400_000), ofKey(host))
    vi.advanceTimersByTime(59 * 86_400_000)
    expect(listening.closed).toBeNull()
    vi.advanceTimersByTime(86_400_000)
    expect(listening.closed).toMatch(/expired/)
  })

  test('tells what is revoked, from before and from now on', () => {
    const [old, fresh] = ['old', 'fresh'].map((id) =>
      signRevocation({ id, until: Date.now() + 60_000 }, keys.secretKey),
    ) as [string, string]
    const [here, there] = [ofKey(guest), ofKey(host)]
    here.learn([old])
    const { dialling } = meet(here, there)
    expect(there.revocations).toEqual([old])
    here.learn([fresh])
    dialling.link.tellRevoked([fresh])
    expect(there.revocations).toEqual([old, fresh])
  })

  test('ends when its invite is revoked, after the one meant has got the mesh’s word for it', () => {
    const [here, there] = [ofInvite(Date.now() + 60_000), ofKey(host)]
    const { dialling, listening } = meet(here, there)
    const revocation = signRevocation({ id: 'a1', until: Date.now() + 60_000 }, keys.secretKey)
    there.learn([revocation])
    listening.link.tellRevoked([revocation])
    listening.link.judgeAgain()
    expect(here.ended).toBe("this peer's invite was revoked")
    expect(dialling.closed).toMatch(/^this invite was revoked/)
  })

  test('is not ended by a bye’s mere word for the peer itself', () => {
    const here = ofInvite(Date.now() + 60_000)
    const { dialling, listening } = meet(here, ofKey(host))
    listening.link.close('because')
    expect([dialling.closed, here.ended]).toEqual(['closed', null])
  })

  test.each([['not a list'], [7], [[7]], [['x'.repeat(2_000)]]])(
    'that is told %j instead of revocations is closed',
    (told) => {
      const [one, other] = pipe()
      const listening = watch(other, ofKey(host), { self: host, peer: guest, dialled: false })
      sendFramed(one, kinds.hello, pack({ version: 1, life: 'guest/1', pass: ofKey(guest).pass }))
      expect(listening.role).toBe('member')
      sendFramed(one, kinds.revoked, pack(told))
      expect(listening.closed).toMatch(/revocations that are none/)
    },
  )
})
