// Small writes of one connection leave together. On libp2p's own TCP: that its connections have a socket is not in their type.

import { once } from 'node:events'
import type { Socket } from 'node:net'
import { tcp } from '@murmuration/libp2p-link/node'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { corked } from '../src/corked.ts'
import { silent, upgraderFor } from './wires.ts'
import type { Wire } from './wires.ts'

interface TcpWire extends Wire<Uint8Array> {
  readonly socket: Socket
}

test('what is written in one turn of the loop is one write, in order, on either side', async () => {
  const transport = corked(tcp())({ logger: { forComponent: () => silent } } as never)
  let accepted: (wire: TcpWire) => void
  const inbound = new Promise<TcpWire>((resolve) => (accepted = resolve))
  const listener = transport.createListener({ upgrader: upgraderFor((wire) => accepted(wire)) })
  await listener.listen(multiaddr('/ip4/127.0.0.1/tcp/0'))
  const [address] = listener.getAddrs()
  const dialled = (await transport.dial(address, {
    upgrader: upgraderFor(() => {}),
    signal: new AbortController().signal,
  } as never)) as unknown as TcpWire
  const ends = [dialled, await inbound] as const
  for (const [here, there] of [ends, [...ends].reverse()] as [TcpWire, TcpWire][]) {
    const received: number[] = []
    let writes = 0
    const { _writev: gathered } = here.socket
    here.socket._writev = (chunks, done) => {
      writes++
      gathered?.call(here.socket, chunks, done)
    }
    there.socket.on('data', (bytes: Buffer) => received.push(...bytes))
    for (let n = 0; n < 5; n++) here.send(new Uint8Array([n]))
    await Promise.resolve()
    here.send(new Uint8Array([5]))
    while (received.length < 6) await once(there.socket, 'data')
    expect(received).toEqual([0, 1, 2, 3, 4, 5])
    expect(writes).toBe(1)
  }
  for (const end of ends) end.abort(new Error('done'))
  await listener.close()
})
