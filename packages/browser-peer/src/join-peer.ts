// Becoming a peer in a page: make the platform, start the peer, find the others. It ends with a peer that
// has joined, or with nothing left behind and one sentence saying why.

import { lifeId, limits, Peer, presets, printedText, stuckText, readEntries } from '@murmuration/core/internal'
import type { Notice, PeerId, Profile } from '@murmuration/core/internal'
import { admissionByInvite } from './admission.ts'
import { followPage } from './life-cycle.ts'
import type { JoinOptions } from './options.ts'
import { createPagePlatform } from './platform.ts'
import type { PagePlatform, PagePlatformOptions } from './platform.ts'
import { loadPageCode } from './page-code.ts'
import type { MakePageCode } from './page-code.ts'

const defaultTimeoutMs = 10_000
const mostSlots = 4

export type JoinWays = Pick<PagePlatformOptions, 'admission' | 'warn'>

export interface JoinedPeer {
  readonly peer: Peer
  readonly page: PagePlatform
  readonly makeCode: Promise<MakePageCode>
  /** Closes what is beneath the peer, which has left by then. */
  readonly close: () => Promise<void>
}

/** Takes checked options. Rejects with MeshError. */
export async function joinPeer(options: JoinOptions, ways: JoinWays = {}): Promise<JoinedPeer> {
  const { entry, timeoutMs = defaultTimeoutMs, signal, identity, memoryBytes, spillBytes, iceServers } = options
  const { invite, addresses } = readEntries(entry, Date.now())
  const admission = invite === null ? ways.admission : (self: PeerId) => admissionByInvite(invite, self)
  const page = await createPagePlatform({ ...ways, admission, identity, memoryBytes, spillBytes, iceServers })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= page.close())
  const peer = startPeer(page, options)
  const { transport } = page.platform
  const makeCode = loadPageCode(page.platform.admission.role)
  void loadSeeing(peer)
  transport.onAddresses((addresses) =>
    peer.post({ type: 'described', addresses: addresses.slice(0, limits.addresses) }),
  )
  transport.onRelayed((other, addresses) => void peer.greet(other, addresses))
  followPage(peer, { wakeLock: options.wakeLock ?? false })
  peer.onStop((broken) => broken && void close().catch(() => {}))
  try {
    if (addresses.length === 0) peer.found()
    else await peer.join({ addresses, timeoutMs, signal })
    peer.assertOpen()
    return { peer, page, makeCode, close }
  } catch (error) {
    await peer.stop()
    await close()
    throw error
  }
}

function startPeer({ platform, identity }: PagePlatform, options: JoinOptions): Peer {
  const { slots = ownSlots(), labels = {}, resources = {} } = options
  const { role } = platform.admission
  const onlyLooks = role === 'observer'
  const profile: Profile = {
    version: 1,
    name: identity.name,
    kind: 'browser',
    ...(role !== 'member' && { role }),
    slots: onlyLooks ? 0 : slots,
    labels: { ...labels, kind: 'browser' },
    resources,
    memoryBytes: onlyLooks ? 0 : platform.store.limitBytes,
    addresses: platform.transport.addresses(),
    // Which machine it is on is not told to pages: each counts as one that dies alone.
    domain: identity.peer,
  }
  const isShown = options.taskOutput !== 'none'
  const peer = new Peer({
    platform,
    self: lifeId(identity.peer, identity.life),
    profile,
    config: presets[options.preset ?? 'lan'],
    // What tasks print here is for whoever asked for them; what a worker says of itself is for us.
    logged: ({ attempt, level, text }) => {
      if (attempt === null && isShown) print(level, text)
    },
  })
  if (isShown)
    peer.events.addEventListener('task:printed', ({ detail }: CustomEventInit<Printed>) => {
      if (detail) print(detail.level, printedText(detail))
    })
  if (isShown)
    peer.events.addEventListener('task:stuck', ({ detail }: CustomEventInit<Stuck>) => {
      if (detail) console.warn(stuckText(detail))
    })
  return peer
}

/** What answers whoever looks. Asked for with the rest of the page: when it joins, the network may be away for a moment. */
const ownSeeing = import('@murmuration/core/seeing')
// Whoever needs it hears of it.
ownSeeing.catch(() => {})

/** Where it cannot be had nothing is explained, and all else is as it was. */
async function loadSeeing(peer: Peer): Promise<void> {
  const again = (): typeof ownSeeing => import('@murmuration/core/seeing')
  const loaded = await ownSeeing.catch(again).catch(() => null)
  if (loaded) peer.seeWith(loaded.inspect)
}

type Stuck = Extract<Notice, { type: 'task:stuck' }>
type Printed = Extract<Notice, { type: 'task:printed' }>

/** Half of the cores: whoever sits before the page wants the others. */
function ownSlots(): number {
  return Math.min(mostSlots, Math.max(1, navigator.hardwareConcurrency >> 1))
}

function print(level: string, text: string): void {
  if (level === 'error') console.error(text)
  else if (level === 'warn') console.warn(text)
  else console.log(text)
}
