// What a failed dial says. Only a connection refused by every address proves that nobody listens;
// anything else may be the network. libp2p wraps what the sockets said, several addresses deep, and
// the WebSocket of Node 22 and later says nothing at all: then the port itself is asked.

import { connect } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'

interface Leaf {
  readonly code: string | undefined
  readonly message: string
}

/** Whether everybody who was dialled at these addresses answered that nobody listens. */
export async function isRefused(error: unknown, targets: readonly Multiaddr[], signal: AbortSignal): Promise<boolean> {
  const leaves = leavesOf(error)
  if (signal.aborted || leaves.length === 0) return false
  if (leaves.every(({ code }) => code === 'ECONNREFUSED')) return true
  const silent = leaves.every(({ code, message }) => code === 'ECONNREFUSED' || message === silence)
  return silent && (await Promise.all(targets.map((target) => portRefuses(target, signal)))).every(Boolean)
}

/** One line for people: the innermost messages of what went wrong, each once. */
export function whyFailed(error: unknown): string {
  return [...new Set(leavesOf(error).map(({ message }) => message))].join('; ') || 'unknown error'
}

const silence = 'the WebSocket did not open'

function leavesOf(error: unknown, depth = 0): Leaf[] {
  if (typeof error !== 'object' || error === null || depth > 8) return []
  const { code, message, type, errors, error: wrapped, cause } = error as Record<string, unknown>
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((one) => leavesOf(one, depth + 1))
  if (typeof code === 'string') return [{ code, message: String(message) }]
  const within = [...leavesOf(wrapped, depth + 1), ...leavesOf(cause, depth + 1)]
  const told = within.filter(({ code: inner, message: text }) => inner !== undefined || text !== '')
  if (told.length > 0) return told
  // An event instead of an error: `ws` puts the error into it, the global WebSocket an empty one.
  if (type === 'error') return [{ code: undefined, message: silence }]
  return [{ code: undefined, message: typeof message === 'string' ? message : '' }]
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
