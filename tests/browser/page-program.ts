// What the tests' pages run: it puts the doors of a page's peer where the tests find them, and joins as it
// is told. Bundled as a user's bundler would do it.

import { isMeshError, joinMesh } from '@murmuration/browser-peer'
import type { Mesh } from '@murmuration/browser-peer'
import { createSandbox, admissionByKey, joinPeer, meshOf } from '@murmuration/browser-peer/internal'
import type { JoinedPeer } from '@murmuration/browser-peer/internal'
import type { PeerId } from '@murmuration/core/internal'
import type { JoinOptions } from '@murmuration/browser-peer'

export interface PageDoors {
  /** Joins with the mesh's key, in hex; the mesh is `mesh` from then on. */
  joinWithKey(
    options: Omit<JoinOptions, 'signal'>,
    key: string,
  ): Promise<{ readonly id: string; readonly life: number }>
  /** How this page is connected with a peer: `webrtc`, `ws` or `relay` for each connection. */
  waysTo(peer: string): string[]
  /** Runs a function's body in a new worker that has only the frame around it: nothing in it is locked. */
  inFrame(body: string, url: string): Promise<string>
  /** What this life found in the site's storage. */
  found(): readonly string[]
  joinMesh: typeof joinMesh
  isMeshError: typeof isMeshError
}

declare global {
  // oxlint-disable-next-line no-var -- only `var` declares a global
  var mesh: Mesh
  // oxlint-disable-next-line no-var -- only `var` declares a global
  var doors: PageDoors
}

const bareWorker = `onmessage = ({ ports: [port] }) => {
  port.onmessage = async ({ data: [body, url] }) => {
    const late = new Promise((resolve) => setTimeout(resolve, 3000, 'nothing came of it'))
    try {
      port.postMessage(String(await Promise.race([late, (0, eval)('(async (url) => {' + body + '})')(url)])))
    } catch (error) {
      port.postMessage('refused: ' + error)
    }
  }
}`

let joined: JoinedPeer | undefined
let bare: ReturnType<typeof createSandbox> | undefined

globalThis.doors = {
  async joinWithKey(options, key) {
    const bytes = Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    joined = await joinPeer(options, { admission: (self) => admissionByKey(bytes, self) })
    globalThis.mesh = await meshOf(joined)
    const { peer, life } = joined.page.identity
    return { id: peer, life }
  },
  found: () => joined?.page.platform.disk?.found().map(({ object }) => object) ?? [],
  waysTo: (peer) => joined?.page.platform.transport.waysTo(peer as PeerId) ?? [],
  async inFrame(body, url) {
    bare ??= createSandbox(bareWorker)
    const worker = bare.start()
    const port = worker.endpoint as MessagePort
    const said = new Promise<string>((resolve) =>
      port.addEventListener('message', ({ data }: MessageEvent<string>) => resolve(data)),
    )
    port.start()
    port.postMessage([body, url])
    return said.finally(() => void worker.terminate())
  },
  joinMesh,
  isMeshError,
}
