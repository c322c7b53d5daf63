// Bounds a wait by a signal and a time. The wait ends, what is waited for goes on.

import { MeshError } from './errors.ts'
import type { MeshErrorDetails } from './errors.ts'
import { onAbort } from './on-abort.ts'
import type { WaitOptions } from './types.ts'

/** What a wait that was too short says. */
export interface Late extends MeshErrorDetails {
  readonly message: string
}

/** Rejects with the signal's reason, or with GET_TIMEOUT and what is given. */
export function within<T>(
  promise: Promise<T>,
  { signal, timeoutMs }: WaitOptions,
  late: () => string | Late,
): Promise<T> {
  const bounded = timeoutMs !== undefined && Number.isFinite(timeoutMs)
  if (signal === undefined && !bounded) return promise
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let stopListening = (): void => {}
    const abort = (): void => end(() => reject(signal?.reason as Error))
    const end = (finish: () => void): void => {
      clearTimeout(timer)
      stopListening()
      finish()
    }
    promise.then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    )
    if (signal?.aborted === true) return abort()
    if (signal !== undefined) stopListening = onAbort(signal, abort)
    if (bounded) {
      const expired = (): void => end(() => reject(timedOut(late())))
      timer = setTimeout(expired, Math.min(timeoutMs, longestTimer))
    }
  })
}

function timedOut(late: string | Late): MeshError {
  return typeof late === 'string'
    ? new MeshError('GET_TIMEOUT', late)
    : new MeshError('GET_TIMEOUT', late.message, late)
}

/** What a timer can count, in milliseconds: almost 25 days. */
const longestTimer = 2 ** 31 - 1
