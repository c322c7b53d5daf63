// libp2p's WebRTC as this package corrects it, on the side that is dialled: what becomes of a connection when whoever
// dialled says no more. Without a browser: its connections are stood in for.

import '../../node-peer/src/shim.ts'
import type { Stream } from '@libp2p/interface'
import { streamPair } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, expect, test, vi } from 'vitest'

const dialler = '12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf'
/** An SDP offer, its length before it. */
const offer = Uint8Array.of(5, 0x08, 0, 0x12, 1, 0x6f)

class StandIn extends EventTarget {
  static last: StandIn
  connectionState = 'new'
  onconnectionstatechange: (() => void) | null = null

  constructor() {
    super()
    StandIn.last = this
  }

  become(state: string): void {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }

  setRemoteDescription = (): Promise<void> => Promise.resolve()
  createAnswer = (): Promise<object> => Promise.resolve({ type: 'answer', sdp: 'an answer' })
  setLocalDescription = (): Promise<void> => Promise.resolve()

  close(): void {
    this.connectionState = 'closed'
  }
}

afterAll(() => void vi.unstubAllGlobals())

/** A dial that was answered, and whose stream has ended since. */
async function endedDial(): Promise<{ connection: StandIn; upgraded: () => boolean; giveUp: () => void }> {
  vi.stubGlobal('RTCPeerConnection', StandIn)
  vi.stubGlobal('RTCSessionDescription', Object)
  const { webRTC } = await import('../dist/webrtc.js')
  const patience = new AbortController()
  let upgraded = false
  let dialled: ((stream: Stream, connection: unknown) => void) | undefined
  const log = Object.assign(() => {}, { error: () => {}, trace: () => {}, newScope: () => log })
  const transport = webRTC({ rtcConfiguration: { iceServers: [] }, dataChannel: { maxMessageSize: 1 } })({
    logger: { forComponent: () => log },
    registrar: { handle: (_: string, handler: typeof dialled) => void (dialled = handler) },
    upgrader: {
      createInboundAbortSignal: () => Object.assign(patience.signal, { clear: () => {} }),
      upgradeInbound: () => void (upgraded = true),
    },
  })
  await (transport as never as { start(): Promise<void> }).start()
  const [there, here] = await streamPair()
  dialled?.(here, { remoteAddr: multiaddr(`/ip4/127.0.0.1/tcp/1/p2p/${dialler}`) })
  const answered = new Promise((resolve) => there.addEventListener('message', resolve, { once: true }))
  there.send(offer)
  await answered
  const ended = new Promise((resolve) => here.addEventListener('remoteCloseWrite', resolve, { once: true }))
  await Promise.all([ended, there.close()])
  // Whoever reads has seen the end.
  await new Promise((resolve) => setImmediate(resolve))
  return { connection: StandIn.last, upgraded: () => upgraded, giveUp: () => patience.abort() }
}

test('a connection that comes to be after its dialler has said all is one', async () => {
  const { connection, upgraded } = await endedDial()
  connection.become('connected')
  await vi.waitUntil(upgraded)
  expect(connection.connectionState).toBe('connected')
})

test('one that fails is closed, and none', async () => {
  const { connection, upgraded } = await endedDial()
  connection.become('failed')
  await vi.waitUntil(() => connection.connectionState === 'closed')
  expect(upgraded()).toBe(false)
})

test('one of which nothing more is heard is closed once its time is up', async () => {
  const { connection, upgraded, giveUp } = await endedDial()
  giveUp()
  await vi.waitUntil(() => connection.connectionState === 'closed')
  expect(upgraded()).toBe(false)
})
