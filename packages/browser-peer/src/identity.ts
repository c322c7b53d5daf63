// Who this page is: an Ed25519 key kept in IndexedDB, so that a peer that returns is recognised, and the
// number of this life, which only grows. The tabs of one origin share a list of identities; a Web Lock says
// which are in use, and is let go by the browser whatever becomes of the tab. A tab that is reloaded asks
// for the one it had. Where nothing can be kept or locked, a passing identity serves.

import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { nextLife } from './identity-records.ts'

export interface Identity {
  readonly key: PrivateKey
  readonly life: number
  /** Number in the origin's list; null: in memory only. */
  readonly number: number | null
  /** Lets the next tab have it. */
  release(): void
}

const mostIdentities = 100
/** How long a reload waits for the page before it to let go. */
const reloadMs = 3_000
const tabKey = 'murmuration.identity'

/** The identity this tab had before, else the first of the origin that no other tab holds. */
export async function takeIdentity(warn: (sentence: string) => void): Promise<Identity> {
  const why = whyNotKept()
  if (why !== null) return passing(why, warn)
  try {
    const before = numberOfTab()
    const order = before === null ? [] : [{ number: before, waitMs: reloadMs }]
    for (let number = 0; number < mostIdentities; number++) order.push({ number, waitMs: 0 })
    for (const { number, waitMs } of order) {
      const release = await lock(number, waitMs)
      if (release === null) continue
      const fresh = privateKeyToProtobuf(await generateKeyPair('Ed25519'))
      const { key, life } = await nextLife(number, fresh)
      sessionStorage.setItem(tabKey, String(number))
      return { key: privateKeyFromProtobuf(key), life, number, release }
    }
    return await passing(`all ${mostIdentities} identities of this site are in use`, warn)
  } catch (error) {
    return passing(
      `this site’s storage cannot be used (${error instanceof Error ? error.message : String(error)})`,
      warn,
    )
  }
}

/** In memory only, never seen before. */
export async function freshIdentity(): Promise<Identity> {
  return { key: await generateKeyPair('Ed25519'), life: 1, number: null, release: () => {} }
}

function passing(because: string, warn: (sentence: string) => void): Promise<Identity> {
  warn(`murmuration: ${because}; this page will not be recognised when it returns.`)
  return freshIdentity()
}

function whyNotKept(): string | null {
  if (!isSecureContext) return 'this page came neither over https nor from localhost, so nothing can be kept'
  if (typeof indexedDB === 'undefined' || !('locks' in navigator)) return 'this browser keeps nothing for this page'
  return null
}

function numberOfTab(): number | null {
  const text = sessionStorage.getItem(tabKey)
  return text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null
}

/** Resolves to what lets go of it, or to null when another tab has it. */
function lock(number: number, waitMs: number): Promise<(() => void) | null> {
  const options: LockOptions = waitMs === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(waitMs) }
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(`murmuration/identity/${number}`, options, (granted) => {
      if (granted === null) return resolve(null)
      return new Promise<void>((release) => resolve(release))
    })
    held.catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'TimeoutError') resolve(null)
      else reject(error)
    })
  })
}
