// Finding the first peer: every address is knocked at, again and again and ever more slowly, until a
// first exchange of member lists has succeeded with somebody, or the time is up, or somebody who
// answered does not want us. Addresses at which nobody was found by then are knocked at once in a while,
// or those inside might stay apart from who comes up there. Whoever was found is the machine's affair.

import { MeshError } from '../errors.ts'
import type { PeerId } from '../model/ids.ts'
import type { Transport } from './ports.ts'

export interface JoiningOptions {
  readonly self: PeerId
  readonly transport: Transport
  /** Opens a link; ends whatever comes of it. */
  readonly dial: (peer: PeerId, address: string) => Promise<void>
}

export interface JoinRequest {
  readonly addresses: readonly string[]
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

interface Attempt {
  readonly resolve: () => void
  readonly reject: (error: MeshError) => void
  /** Somebody has taken us in. */
  inside: boolean
}

/** Waits between knocks at one address. */
const firstWaitMs = 100
const longestWaitMs = 2_000
/** The same once inside. */
const insideWaitMs = 30_000

export class Joining {
  readonly #options: JoiningOptions
  readonly #attempts = new Set<Attempt>()
  readonly #knocking = new Set<AbortController>()

  constructor(options: JoiningOptions) {
    this.#options = options
  }

  /** Rejects with MeshError ENTRY_UNREACHABLE, FORBIDDEN, VERSION_MISMATCH, INVALID_OPTION, or the signal's reason. */
  join({ addresses, timeoutMs, signal }: JoinRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = new AbortController()
      this.#knocking.add(stop)
      const failures = new Map<string, string>()
      const end = (finish: () => void): void => {
        clearTimeout(timer)
        this.#attempts.delete(attempt)
        signal?.removeEventListener('abort', abort)
        if (!attempt.inside) {
          stop.abort()
          this.#knocking.delete(stop)
        }
        finish()
      }
      const abort = (): void => end(() => reject(signal?.reason as Error))
      const timer = setTimeout(() => end(() => reject(unreachable(failures))), timeoutMs)
      const attempt: Attempt = {
        resolve: () => end(resolve),
        reject: (error) => end(() => reject(error)),
        inside: false,
      }
      this.#attempts.add(attempt)
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      for (const address of addresses) void this.#knockAt(address, failures, { signal: stop.signal, attempt })
    })
  }

  async #knockAt(
    address: string,
    failures: Map<string, string>,
    { signal, attempt }: { signal: AbortSignal; attempt: Attempt },
  ): Promise<void> {
    const { transport, self, dial } = this.#options
    let found = false
    for (let waitMs = firstWaitMs; !signal.aborted && !(found && attempt.inside); waitMs = longer(waitMs, attempt)) {
      try {
        const peer = await transport.find(address, signal)
        found = true
        if (peer === self) return attempt.reject(new MeshError('ENTRY_UNREACHABLE', `${address} is this peer itself`))
        await dial(peer, address)
        failures.set(address, 'it answered, but did not take us in')
      } catch (error) {
        if (isAddressError(error)) return attempt.reject(new MeshError('INVALID_OPTION', `entry: ${error.message}`))
        failures.set(address, error instanceof Error ? error.message : String(error))
      }
      await pause(waitMs, signal)
    }
  }

  joined(): void {
    for (const attempt of this.#attempts) {
      attempt.inside = true
      attempt.resolve()
    }
  }

  close(): void {
    for (const stop of this.#knocking) stop.abort()
  }

  /** Somebody turned us away: while joining, that is the end of it. */
  refused(error: MeshError): void {
    for (const { reject } of this.#attempts) reject(error)
  }
}

function longer(waitMs: number, { inside }: Attempt): number {
  return Math.min(waitMs * 2, inside ? insideWaitMs : longestWaitMs)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}

function isAddressError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AddressError'
}

function unreachable(failures: ReadonlyMap<string, string>): MeshError {
  const said = [...failures].map(([address, failure]) => `${address} (${failure})`)
  const way = 'Is a peer up there? Start one with: murmur up'
  return new MeshError('ENTRY_UNREACHABLE', `no entry could be reached: ${said.join(', ')}. ${way}`)
}
