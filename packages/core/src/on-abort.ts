// Any number of us who listen to a signal are one listener at it: a program that waits a hundred times with
// one signal is no leak, and is not told that it might be one.

interface Listening {
  readonly listeners: Set<() => void>
  readonly tell: () => void
}

const listening = new WeakMap<AbortSignal, Listening>()

/** Calls back when the signal aborts, unless it has already. What is returned stops that. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  // Each its own, whoever listens twice.
  const mine = (): void => listener()
  const known = listening.get(signal) ?? listen(signal)
  known.listeners.add(mine)
  return () => {
    known.listeners.delete(mine)
    if (known.listeners.size > 0 || listening.get(signal) !== known) return
    listening.delete(signal)
    signal.removeEventListener('abort', known.tell)
  }
}

function listen(signal: AbortSignal): Listening {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    listening.delete(signal)
    for (const listener of listeners) listener()
  }
  const made = { listeners, tell }
  listening.set(signal, made)
  signal.addEventListener('abort', tell, { once: true })
  return made
}
