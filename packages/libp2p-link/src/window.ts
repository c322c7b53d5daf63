// When a reader says that there is room again. libp2p's yamux says it after every frame: one more frame to encrypt,
// write and wake the other side for, as many as there are messages. Here it is said when half of the window is used,
// as Go's yamux does (hashicorp/yamux, `sendWindowUpdate`). The writer always has the other half, so nobody waits longer.

import type { Stream } from '@libp2p/interface'

/** What is read of a yamux stream. Its type is not public; a stream of another multiplexer has none of it. */
interface Windowed {
  readonly state: number
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate?(): void
}

/** yamux's `StreamState.Established`: before it an update carries the handshake too, and after it none is wanted. */
const established = 3

/** The same stream, sparing with window updates. */
export function sparing(stream: Stream): Stream {
  const windowed = stream as unknown as Windowed
  const update = windowed.sendWindowUpdate?.bind(stream)
  if (update)
    windowed.sendWindowUpdate = () => {
      if (windowed.state !== established || windowed.recvWindowCapacity * 2 <= windowed.recvWindow) update()
    }
  return stream
}
