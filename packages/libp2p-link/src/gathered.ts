// WebSockets that send what was written at once as one message. libp2p sends each part of it alone, and encryption writes a
// length and a body: two messages, two frames and two wake-ups of the other side where one does. The bytes are the
// same and in the same order, and where one message ends means nothing to whoever reads them.

import type { MultiaddrConnection } from '@libp2p/interface'
import { concat } from '@murmuration/core/internal'
import { tuned } from './tuned.ts'
import type { TransportFactory } from './tuned.ts'

/** A message that has so many leaves: the other side sees nothing of it before all of it is there. */
const enoughBytes = 32 * 1024

interface Parts extends Iterable<Uint8Array> {
  readonly byteLength: number
}

/** How a connection hands bytes to its socket. It is not in its type; of one that has it otherwise nothing is changed. */
interface Sending {
  sendData(parts: Parts): unknown
}

/** The same transport, sending few messages. */
export function gathered<Components>(transport: TransportFactory<Components>): TransportFactory<Components> {
  return tuned(transport, (connection: MultiaddrConnection & Partial<Sending>) => {
    const send = connection.sendData?.bind(connection)
    if (send === undefined) return
    connection.sendData = (parts) =>
      send({ byteLength: parts.byteLength, [Symbol.iterator]: () => messages(parts, enoughBytes) })
  })
}

/** The parts joined, in messages of at least `enough` bytes but for the last. */
function* messages(parts: Parts, enough: number): Generator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let bytes = 0
  for (const part of parts) {
    waiting.push(part)
    bytes += part.byteLength
    if (bytes < enough) continue
    yield concat(waiting, bytes)
    waiting = []
    bytes = 0
  }
  if (bytes > 0) yield concat(waiting, bytes)
}
