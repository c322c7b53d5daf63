// A peer in a process of its own: joins as it is told, tells its parent of everything that happens in
// the mesh, and answers questions about what it knows, until it is killed or told to leave.

import type { JoinOptions, Notice } from 'murmuration'
import { joinPeer, meshOf } from '@murmuration/node-peer/internal'

export interface StartOptions extends JoinOptions {
  /** Flips a bit in every large object that it hands to others, as broken memory would. */
  readonly tampers?: boolean | undefined
}

export interface Request {
  readonly number: number
  readonly what: 'peers' | 'counters' | 'leave'
}

export interface Answered {
  readonly type: 'answered'
  readonly number: number
  readonly value: unknown
}

export type Said =
  | { readonly type: 'up'; readonly id: string; readonly name: string; readonly addresses: readonly string[] }
  | { readonly type: 'notice'; readonly notice: Notice }
  | Answered

const largeBytes = 100_000

if (process.send) {
  const { tampers = false, ...options } = JSON.parse(process.argv[2] ?? '{}') as StartOptions
  const joined = await joinPeer({ taskOutput: 'none', ...options })
  if (tampers) tamper(joined.node.platform.store)
  const mesh = meshOf(joined)
  const say = (said: Said): void => void process.send?.(said)
  for (const type of [
    'peer:joined',
    'peer:suspected',
    'peer:died',
    'peer:left',
    'task:retried',
    'object:copied',
  ] as const)
    mesh.addEventListener(type, ({ detail }) => say({ type: 'notice', notice: detail }))
  process.on('disconnect', () => process.exit()) // The test is gone.
  process.on('message', ({ number, what }: Request) => {
    if (what === 'peers') say({ type: 'answered', number, value: mesh.peers() })
    else if (what === 'counters') void mesh.counters().then((value) => say({ type: 'answered', number, value }))
    else void mesh.leave().then(() => process.disconnect())
  })
  say({ type: 'up', id: mesh.id, name: mesh.name, addresses: mesh.addresses })
}

interface Store {
  get(id: string): Promise<Uint8Array | undefined>
}

function tamper(store: object): void {
  const honest = store as Store
  const get = honest.get.bind(honest)
  honest.get = async (id) => {
    const bytes = await get(id)
    if (!bytes || bytes.length < largeBytes || id.startsWith('code:')) return bytes
    const spoilt = bytes.slice()
    spoilt[spoilt.length >> 1] = (spoilt[spoilt.length >> 1] as number) ^ 1
    return spoilt
  }
}
