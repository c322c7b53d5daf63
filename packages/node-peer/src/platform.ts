// Everything that core asks of Node, put together: who this peer is, how it is reached, where it
// keeps things. It makes the parts in the order in which they need each other, and takes them down
// in the other; what the peer then does with them is core's.

import { randomBytes } from 'node:crypto'
import { peerName, shareMemory } from '@murmuration/core/internal'
import type { Invite, MeshKeys, PeerId, Platform } from '@murmuration/core/internal'
import { createAdmission, userKeys } from './admission.ts'
import { NodeClock } from './clock.ts'
import { createCodeCache } from './code-url.ts'
import { homePath } from './home.ts'
import { freshIdentity, takeIdentity } from './identity.ts'
import { createHasher, sha256 } from './sha256.ts'
import { createSpawnWorker } from './spawn-worker.ts'
import type { SpawnWorkerOptions } from './spawn-worker.ts'
import { createStore, openDisk } from './store.ts'
import type { DiskOptions } from './store.ts'
import { createTransport } from './transport.ts'
import type { TransportOptions } from './transport.ts'

export interface NodePlatformOptions extends Omit<TransportOptions, 'key'>, DiskOptions {
  /** Where keys and run files are kept. Default: `MURMURATION_HOME`, else the platform's configuration directory. */
  readonly home?: string | undefined
  /** A folder whose node_modules bundles may import from. */
  readonly modules?: string | undefined
  /** `kept` (default): the first identity on disk that no other process holds. `fresh`: in memory, never seen before. */
  readonly identity?: 'kept' | 'fresh' | undefined
  /** Bytes of objects kept in memory. Default: a quarter of the machine's. */
  readonly memoryBytes?: number | undefined
  /** Heap of one worker, in MB. Default: what Node gives a thread. */
  readonly workerMemoryMb?: number | undefined
  readonly workerOutput?: SpawnWorkerOptions['output']
  /** What lets this peer in. Default: the user's own mesh key, in `home`. */
  readonly by?: MeshKeys | Invite | undefined
  /** Told in a sentence what went wrong and what was done instead. Default: a line on stderr. */
  readonly warn?: ((sentence: string) => void) | undefined
}

export interface NodePlatform {
  readonly platform: Platform
  readonly home: string
  readonly identity: { readonly peer: PeerId; readonly life: number; readonly name: string }
  /** Closes links and files and lets the process exit. The workers are the pool's to end. */
  readonly close: () => Promise<void>
}

/** Rejects with PortInUseError and ListenError (which carry the codes that users see), KeyFileError, DiskError and AddressError. */
export async function createNodePlatform(options: NodePlatformOptions = {}): Promise<NodePlatform> {
  const { home = homePath(), identity: choice = 'kept', warn } = options
  const by = options.by ?? (await userKeys(home))
  const identity = choice === 'fresh' ? await freshIdentity() : await takeIdentity({ home, warn })
  const undo = async (error: unknown): Promise<never> => {
    await identity.release()
    throw error
  }
  const transport = await createTransport({ ...options, key: identity.key }).catch(undo)
  const owner = { peer: transport.self, identity, warn: warn ?? warnOnStderr }
  const disk = await openDisk(options, owner).catch(async (error: unknown) => {
    await transport.stop()
    return undo(error)
  })
  const admission = await createAdmission({ home, self: transport.self, identity, by })
  const clock = new NodeClock()
  const store = createStore(options.memoryBytes)
  const code = createCodeCache(home, options.modules)
  return {
    platform: {
      kind: 'node',
      transport,
      store,
      disk: disk?.store,
      clock,
      sha256,
      createHasher,
      shareMemory,
      spawnWorker: createSpawnWorker({ memoryMb: options.workerMemoryMb, output: options.workerOutput }),
      codeUrl: code.url,
      assetFile: code.assetFile,
      admission,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
    },
    home,
    identity: { peer: transport.self, life: identity.life, name: peerName(transport.self) },
    close: async () => {
      clock.wakeAt(Number.POSITIVE_INFINITY, () => {})
      await transport.stop()
      await store.close()
      await disk?.close()
      code.close()
      await identity.release()
    },
  }
}

function warnOnStderr(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
