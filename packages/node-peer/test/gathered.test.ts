// What is written at once is one message. On libp2p's own WebSockets: how its connections send is not in their type.

import { once } from 'node:events'
import '../src/shim.ts'
import { gathered } from '@murmuration/libp2p-link'
import { webSockets } from '@murmuration/libp2p-link/node'
import { multiaddr } from '@multiformats/multiaddr'
import { Uint8ArrayList } from 'uint8arraylist'
import { expect, test } from 'vitest'
import { silent, upgraderFor } from './wires.ts'
import type { Wire } from './wires.ts'

interface WebSocketWire extends Wire<Uint8ArrayList> {
  readonly websocket: WebSocket
}

test('a length and its body are one message, on either side; a large one is not held back for what follows it', async () => {
  const components = { logger: { forComponent: () => silent }, events: new EventTarget() }
  const transport = gathered(webSockets())(components as never)
  let accepted: (wire: WebSocketWire) => void
  const inbound = new Promise<WebSocketWire>((resolve) => (accepted = resolve))
  const listener = transport.createListener({ upgrader: upgraderFor((wire) => accepted(wire)) })
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0/ws'))
  const [address] = listener.getAddrs()
  const dialled = (await transport.dial(address, {
    upgrader: upgraderFor(() => {}),
    signal: new AbortController().signal,
  } as never)) as unknown as WebSocketWire
  const ends = [dialled, await inbound] as const
  for (const [here, there] of [ends, [...ends].reverse()] as [WebSocketWire, WebSocketWire][]) {
    const sizes: number[] = []
    const bytes: number[] = []
    there.websocket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      sizes.push(data.byteLength)
      bytes.push(...new Uint8Array(data).slice(0, 3))
    })
    here.send(new Uint8ArrayList(new Uint8Array([1, 2]), new Uint8Array([3])))
    const large = new Uint8Array(60_000).fill(4)
    here.send(new Uint8ArrayList(new Uint8Array([5, 6]), large, new Uint8Array([7, 8]), large, new Uint8Array([9])))
    while (sizes.length < 4) await once(there.websocket as unknown as EventTarget, 'message')
    expect(sizes).toEqual([3, 60_002, 60_002, 1])
    expect(bytes).toEqual([1, 2, 3, 5, 6, 4, 7, 8, 4, 9])
  }
  for (const end of ends) end.abort(new Error('done'))
  await listener.close()
})
