// When a reader says that there is room again. libp2p's yamux says it after every frame: one more frame to encrypt,
// write and wake the other side for, as many as there are messages. Here it is said when half of the window is used,
// as Go's yamux does (hashicorp/yamux, `sendWindowUpdate`). The writer always has the other half, so nobody waits longer.

import type { Stream } from '@libp2p/interface'

/** What is read of a yamux stream. Its type is not public; a stream that has none of it is left as it is. */
interface Windowed {
  readonly state: number
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

/** yamux's `StreamState.Established`: before it an update carries the handshake too, and after it none is wanted. */
const established = 3

/** The same stream, sparing with window updates. */
export function sparing(stream: Stream): Stream {
  if (!isWindowed(stream)) return stream
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const isUsed = stream.recvWindowCapacity * 2 <= stream.recvWindow
    if (isUsed || stream.state !== established) update()
  }
  return stream
}

function isWindowed(stream: Stream): stream is Stream & Windowed {
  const { state, recvWindow, recvWindowCapacity, sendWindowUpdate } = stream as Stream & Partial<Windowed>
  const numbers = [state, recvWindow, recvWindowCapacity]
  return numbers.every((one) => typeof one === 'number') && typeof sendWindowUpdate === 'function'
}
