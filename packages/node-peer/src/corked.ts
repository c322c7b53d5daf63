// TCP whose small writes leave together. Encryption writes a length and a body, and the multiplexer acknowledges every
// frame: four system calls and four wake-ups of the other side where one will do. What is written in one go is kept
// in the socket until the turn of the loop is over, or enough has come together; order and backpressure are the socket's own.

import { Socket } from 'node:net'
import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

/** What is as large leaves at once: one more call is nothing beside it, and waiting for the turn's end would slow a bulk transfer. */
const enoughBytes = 16 * 1024

type Factory<Components> = (components: Components) => Transport

/** The same transport, each of its sockets corked for as long as a turn of the loop takes. */
export function corked<Components>(transport: Factory<Components>): Factory<Components> {
  return (components) => {
    const inner = transport(components)
    const dial = inner.dial.bind(inner)
    const createListener = inner.createListener.bind(inner)
    inner.dial = (address, options) => dial(address, { ...options, upgrader: corking(options.upgrader) })
    inner.createListener = (options) => createListener({ ...options, upgrader: corking(options.upgrader) })
    return inner
  }
}

/** Sockets are first seen when they are to become connections. */
function corking(upgrader: Upgrader): Upgrader {
  return new Proxy(upgrader, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      if (key !== 'upgradeInbound' && key !== 'upgradeOutbound') return value.bind(target) as unknown
      return (connection: MultiaddrConnection, ...rest: unknown[]): unknown => {
        corkSocket(connection)
        return Reflect.apply(value, target, [connection, ...rest])
      }
    },
  })
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
