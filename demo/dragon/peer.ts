// One peer of the demo, a process of its own. It is told whom to join, reports when somebody dies, and ends with its parent.

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { joinMesh } from 'murmuration'

/** What a peer's process is told when it starts. */
export interface PeerOrder {
  /** Empty: this peer founds the mesh. */
  readonly entry: readonly string[]
  readonly slots: number
  /** A folder for keys that all peers of the demo share, and nobody else. */
  readonly home: string
}

/** What a peer's process says. */
export type PeerReport =
  | { readonly type: 'ready'; readonly id: string; readonly name: string; readonly addresses: readonly string[] }
  | { readonly type: 'death'; readonly peer: string; readonly atMs: number }
  | { readonly type: 'trouble'; readonly message: string }

// Ctrl-C reaches every process of a terminal; the parent decides what it means.
process.on('SIGINT', () => undefined)

let home: string | undefined
process.on('disconnect', endOrphaned)
if (!process.connected) endOrphaned()
process.once('SIGTERM', () => process.exit(0))
const [order] = (await once(process, 'message')) as [PeerOrder]
home = order.home

try {
  const mesh = await joinMesh({ ...order, identity: 'fresh' })
  process.removeAllListeners('SIGTERM')
  process.on('SIGTERM', () => void mesh.leave().finally(() => process.exit(0)))
  // A page of the demo pulls plugs: this process goes as one that loses power does.
  mesh.addEventListener('peer:unplug', () => process.kill(process.pid, 'SIGKILL'))
  mesh.addEventListener('peer:died', ({ detail: { peer } }) => report({ type: 'death', peer, atMs: Date.now() }))
  report({ type: 'ready', id: mesh.id, name: mesh.name, addresses: mesh.addresses })
} catch (error) {
  report({ type: 'trouble', message: error instanceof Error ? error.message : String(error) })
}

/** The parent is gone, and nobody else will tidy up. */
function endOrphaned(): never {
  if (home !== undefined) rmSync(home, { recursive: true, force: true })
  process.exit(0)
}

function report(said: PeerReport): void {
  if (process.connected) process.send?.(said)
}
