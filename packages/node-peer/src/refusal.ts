// Whether a failed dial was a refusal: only that, by every address, proves that nobody listens; anything
// else may be the network. The WebSocket of Node 22 and later says nothing at all: then the port itself
// is asked.

import { connect } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { leavesOf, silence } from '@murmuration/libp2p-link'

/** Whether everybody who was dialled at these addresses answered that nobody listens. */
export async function isRefused(error: unknown, targets: readonly Multiaddr[], signal: AbortSignal): Promise<boolean> {
  const leaves = leavesOf(error)
  if (signal.aborted || leaves.length === 0) return false
  if (leaves.every(({ code }) => code === 'ECONNREFUSED')) return true
  const silent = leaves.every(({ code, message }) => code === 'ECONNREFUSED' || message === silence)
  return silent && (await Promise.all(targets.map((target) => portRefuses(target, signal)))).every(Boolean)
}

function portRefuses(target: Multiaddr, signal: AbortSignal): Promise<boolean> {
  const parts = target.getComponents()
  const host = parts.find(({ name }) => /^(ip4|ip6|dns|dns4|dns6)$/.test(name))?.value
  const port = parts.find(({ name }) => name === 'tcp')?.value
  if (host === undefined || port === undefined || signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) })
    const giveUp = (): void => end(false)
    function end(refused: boolean): void {
      signal.removeEventListener('abort', giveUp)
      socket.destroy()
      resolve(refused)
    }
    signal.addEventListener('abort', giveUp)
    socket.once('connect', () => end(false))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'))
    socket.setTimeout(probeMs, () => end(false))
  })
}

/** A port that refuses does so at once. */
const probeMs = 2_000
