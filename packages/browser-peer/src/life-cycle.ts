// What becomes of the page around a peer. Going away is said while there is still time, which is the very
// turn of the event, so that what ran here begins elsewhere at once and nobody has to find out. Being
// hidden is announced and changes nothing here: the peer's timer does not sleep then. A page that is about to be
// frozen gives nothing any more and hands back all that waits and runs here; thawed, it gives what it gave. A page that
// was frozen, or without a network, looks around when it is back; until then it is a peer that is silent.

import type { Peer } from '@murmuration/core/internal'

export interface LifeCycleOptions {
  /** Keeps the screen on while the page is looked at, where the browser allows it. */
  readonly wakeLock: boolean
}

/** Follows the page until the peer has stopped. */
export function followPage(peer: Peer, { wakeLock }: LifeCycleOptions): void {
  const stop = new AbortController()
  const { signal } = stop
  addEventListener('pagehide', () => peer.postNow({ type: 'drain', peer: peer.self, withinMs: 0 }), { signal })
  const tellHidden = (): void => peer.post({ type: 'described', hidden: isHidden() })
  if (isHidden()) tellHidden()
  document.addEventListener('visibilitychange', tellHidden, { signal })
  const lookAround = (): void => peer.post({ type: 'slept' })
  let given = 0
  const standStill = (): void => {
    given = peer.state.executor.slots
    peer.postNow({ type: 'standstill' })
  }
  const goOn = (): void => {
    peer.post({ type: 'described', slots: given })
    lookAround()
  }
  document.addEventListener('freeze', standStill, { signal })
  document.addEventListener('resume', goOn, { signal })
  addEventListener('online', lookAround, { signal })
  if (wakeLock) keepAwake(signal)
  peer.onStop(() => stop.abort())
}

function isHidden(): boolean {
  return document.visibilityState === 'hidden'
}

/** Browsers take the lock away whenever the page is hidden. */
function keepAwake(signal: AbortSignal): void {
  let lock: WakeLockSentinel | undefined
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    // Refused on a low battery, say: then the screen sleeps as it always does.
    lock = await navigator.wakeLock.request('screen').catch(() => undefined)
    if (signal.aborted) await lock?.release()
  }
  void ask()
  document.addEventListener('visibilitychange', () => void ask(), { signal })
  signal.addEventListener('abort', () => void lock?.release())
}
