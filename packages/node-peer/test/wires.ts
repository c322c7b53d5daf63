// What a transport of libp2p's needs to be tried without a node around it. How its connections send is not in their type.

export interface Wire<Bytes> extends EventTarget {
  send(bytes: Bytes): boolean
  abort(error: Error): void
}

/** A logger that says nothing. */
export const silent: object = Object.assign(() => {}, {
  error() {},
  trace() {},
  enabled: false,
  newScope: () => silent,
})

/** Hands on what is to become a connection, as it is. */
export function upgraderFor(seen: (wire: never) => void) {
  const upgrade = (wire: never): Promise<never> => {
    seen(wire)
    return Promise.resolve(wire)
  }
  return { upgradeInbound: upgrade, upgradeOutbound: upgrade } as never
}
