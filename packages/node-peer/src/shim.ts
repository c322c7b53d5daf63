// What libp2p takes for granted and Node 20 does not have: Promise.withResolvers and a global
// WebSocket to dial with. Import this before anything of libp2p; on later Nodes it does nothing.

import { WebSocket as SocketOfWs } from 'ws'

interface Resolvers {
  promise: Promise<unknown>
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
}

const promises = Promise as unknown as { withResolvers?: () => Resolvers }
const globals = globalThis as { WebSocket?: unknown }

promises.withResolvers ??= function withResolvers(): Resolvers {
  let resolve: Resolvers['resolve'] = () => {}
  let reject: Resolvers['reject'] = () => {}
  const promise = new Promise<unknown>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve, reject }
}

/** An event that nobody listens to ends no process in browsers, and libp2p stops listening when it gives a dial up. */
class QuietSocket extends SocketOfWs {
  constructor(...args: ConstructorParameters<typeof SocketOfWs>) {
    super(...args)
    this.on('error', () => {})
  }
}

globals.WebSocket ??= QuietSocket
