// TCP whose small writes leave together. Encryption writes a length and a body, and the multiplexer acknowledges every
// frame: four system calls and four wake-ups of the other side where one will do. What is written in one go is kept
// in the socket until the turn of the loop is over, or enough has come together; order and backpressure are the socket's own.

import { Socket } from 'node:net'
import type { MultiaddrConnection } from '@libp2p/interface'
import { tuned } from '@murmuration/libp2p-link'
import type { TransportFactory } from '@murmuration/libp2p-link'

/** What is as large leaves at once: one more call is nothing beside it, and waiting for the turn's end would slow a bulk transfer. */
const enoughBytes = 16 * 1024

/** The same transport, each of its sockets corked for as long as a turn of the loop takes. */
export function corked<Components>(transport: TransportFactory<Components>): TransportFactory<Components> {
  return tuned(transport, corkSocket)
}

/** A connection of libp2p's TCP has its socket, and does not say so in its type; of one that has none nothing is changed. */
function corkSocket(connection: MultiaddrConnection): void {
  const { socket } = connection as unknown as { readonly socket?: unknown }
  if (!(socket instanceof Socket)) return
  const write = socket.write.bind(socket)
  let isCorked = false
  const release = (): void => {
    if (!isCorked) return
    isCorked = false
    socket.uncork()
  }
  socket.write = ((...args: Parameters<typeof write>) => {
    if (!isCorked) {
      isCorked = true
      socket.cork()
      setImmediate(release)
    }
    const hasRoom = write(...args)
    if (socket.writableLength >= enoughBytes) release()
    return hasRoom
  }) as typeof socket.write
}
