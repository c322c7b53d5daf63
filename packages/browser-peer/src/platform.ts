// Everything that core asks of a page, put together: who this peer is, how it is linked, where it keeps
// things and where tasks run. It makes the parts in the order in which they need each other, and takes
// them down in the other; what the peer then does with them is core's.

import { MemoryStore, peerName } from '@murmuration/core/internal'
import type { Admission, CodeUrl, PeerId, Platform, SpillStore } from '@murmuration/core/internal'
import type { Libp2pTransport } from '@murmuration/libp2p-link'
import { admissionByKey } from './admission.ts'
import { PageClock } from './clock.ts'
import { freshIdentity, takeIdentity } from './identity.ts'
import { createSandbox } from './sandbox/sandbox.ts'
import { createHasher, sha256 } from './sha256.ts'
import { openSpillStore } from './spill-store.ts'
import { createTransport } from './transport.ts'
import type { TransportOptions } from './transport.ts'

export interface PagePlatformOptions extends Omit<TransportOptions, 'key'> {
  readonly identity?: 'kept' | 'fresh' | undefined
  /** Bytes of objects kept in memory. */
  readonly memoryBytes?: number | undefined
  /** Bytes of objects kept in this site's storage; 0: none. */
  readonly spillBytes?: number | undefined
  /** What shows that this peer belongs. Default: a key of its own, to which nobody else belongs. */
  readonly admission?: ((self: PeerId) => Admission) | undefined
  /** Told in a sentence what went wrong and what was done instead. Default: a warning in the console. */
  readonly warn?: ((sentence: string) => void) | undefined
}

export interface PagePlatform {
  readonly platform: Platform & { readonly transport: Libp2pTransport }
  readonly identity: { readonly peer: PeerId; readonly life: number; readonly name: string }
  /** Closes links and lets the next tab have the identity. */
  readonly close: () => Promise<void>
}

const mebibyte = 1024 * 1024
const shareOfMemory = 1 / 16
const mostMemory = 512 * mebibyte
const shareOfQuota = 1 / 4
const mostSpilled = 2 * 1024 * mebibyte

export async function createPagePlatform(options: PagePlatformOptions = {}): Promise<PagePlatform> {
  const { identity: choice = 'kept', warn = (sentence) => console.warn(sentence) } = options
  const { admission = (self) => admissionByKey(randomBytes(32), self), memoryBytes = ownMemory() } = options
  const identity = choice === 'fresh' ? await freshIdentity() : await takeIdentity(warn)
  const transport = await createTransport({ ...options, key: identity.key }).catch((error: unknown) => {
    identity.release()
    throw error
  })
  const disk = await openDisk(identity.number, options.spillBytes, warn)
  const clock = new PageClock()
  const store = new MemoryStore(memoryBytes)
  const sandbox = createSandbox()
  return {
    platform: {
      kind: 'browser',
      transport,
      store,
      disk,
      clock,
      sha256,
      createHasher,
      spawnWorker: () => sandbox.start(),
      codeUrl,
      admission: admission(transport.self),
      randomBytes,
    },
    identity: { peer: transport.self, life: identity.life, name: peerName(transport.self) },
    close: async () => {
      clock.close()
      sandbox.close()
      await transport.stop()
      await store.close()
      await disk?.close()
      identity.release()
    },
  }
}

/** Nobody comes back for what a passing identity leaves. */
async function openDisk(
  identity: number | null,
  spillBytes: number | undefined,
  warn: (sentence: string) => void,
): Promise<SpillStore | undefined> {
  if (identity === null || spillBytes === 0) return undefined
  try {
    return await openSpillStore(identity, spillBytes ?? (await shareOfStorage()))
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    warn(`murmuration: no objects can be kept in this site’s storage (${said}); they are kept in memory only.`)
    return undefined
  }
}

async function shareOfStorage(): Promise<number> {
  const { quota = 0, usage = 0 } = await navigator.storage.estimate()
  return Math.min(mostSpilled, Math.floor((quota - usage) * shareOfQuota))
}

/** The text itself: workers reach nothing of this page. Its last line names it in stacks. */
const codeUrl: CodeUrl = (code, source) =>
  Promise.resolve(`${new TextDecoder().decode(source)}\n//# sourceURL=${code}.mjs`)

function ownMemory(): number {
  const { deviceMemory = 4 } = navigator as { deviceMemory?: number }
  return Math.min(mostMemory, deviceMemory * 1024 * mebibyte * shareOfMemory)
}

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length))
}
