// On libp2p's own yamux: what is read of its streams is not in their type.

import { once } from 'node:events'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import '../src/shim.ts'
import { createLinkNode, sparing } from '@murmuration/libp2p-link'
import { tcp } from '@murmuration/libp2p-link/node'

interface Framing {
  sendFrame(frame: { readonly type: number }, ...rest: unknown[]): void
}

const windowUpdate = 1

async function startNode(): Promise<Libp2p> {
  const key = await generateKeyPair('Ed25519')
  const node = await createLinkNode({ key, listen: ['/ip4/127.0.0.1/tcp/0'], transports: [tcp()] })
  await node.start()
  return node
}

test('a reader says that there is room when half of the window is used, not after each frame', async () => {
  const [writing, reading] = [await startNode(), await startNode()]
  let arrived = (_stream: Stream): void => {}
  const inbound = new Promise<Stream>((resolve) => (arrived = resolve))
  await reading.handle('/test/1', (stream) => arrived(stream))
  const outbound = await writing.dialProtocol(reading.getMultiaddrs(), '/test/1')
  const read = sparing(await inbound)
  const framing = read as unknown as Framing
  const { sendFrame } = framing
  let updates = 0
  framing.sendFrame = (frame, ...rest) => {
    if (frame.type === windowUpdate) updates++
    sendFrame.call(read, frame, ...rest)
  }
  const got = { bytes: 0 }
  read.addEventListener('message', ({ data }) => (got.bytes += data.byteLength))
  const send = async (messages: number): Promise<void> => {
    const expected = got.bytes + messages * 1_000
    for (let i = 0; i < messages; i++) if (!outbound.send(new Uint8Array(1_000))) await once(outbound, 'drain')
    while (got.bytes < expected) await once(read, 'message')
  }
  // The window begins with 256 KiB.
  await send(100)
  expect(updates).toBe(0)
  await send(2_000)
  expect(updates).toBeGreaterThan(0)
  expect(updates).toBeLessThan(2_000_000 / (128 * 1024) + 1)
  await Promise.all([writing.stop(), reading.stop()])
})
