// A transport of libp2p's whose connections are changed before anything is said on them: they are first seen when they
// are handed to the upgrader. What is changed about them is the caller's affair.

import type { MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface'

export type TransportFactory<Components> = (components: Components) => Transport

/** The same transport; `tune` gets each of its connections, whoever dialled. */
export function tuned<Components>(
  transport: TransportFactory<Components>,
  tune: (connection: MultiaddrConnection) => void,
): TransportFactory<Components> {
  return (components) => {
    const inner = transport(components)
    const dial = inner.dial.bind(inner)
    const createListener = inner.createListener.bind(inner)
    inner.dial = (address, options) => dial(address, { ...options, upgrader: tuning(options.upgrader, tune) })
    inner.createListener = (options) => createListener({ ...options, upgrader: tuning(options.upgrader, tune) })
    return inner
  }
}

function tuning(upgrader: Upgrader, tune: (connection: MultiaddrConnection) => void): Upgrader {
  return new Proxy(upgrader, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof value !== 'function') return value
      if (key !== 'upgradeInbound' && key !== 'upgradeOutbound') return value.bind(target) as unknown
      return (connection: MultiaddrConnection, ...rest: unknown[]): unknown => {
        tune(connection)
        return Reflect.apply(value, target, [connection, ...rest])
      }
    },
  })
}
