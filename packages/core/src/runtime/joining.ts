// Finding the first peer: every address is knocked at, again and again and ever more slowly, until a
// first exchange of member lists has succeeded with somebody, or the time is up, or somebody who
// answered does not want us. Addresses at which nobody was found by then are knocked at once in a while,
// or those inside might stay apart from who comes up there. Whoever was found is the machine's affair.

import { MeshError } from '../errors.ts'
import type { PeerId } from '../model/ids.ts'
import { DialError, type Transport } from './ports.ts'

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
  /** Asked once, when nobody was reached by the first knock at each address: false to give up at once. Default: go on. */
  readonly goOn?: ((knocked: Knocked) => boolean) | undefined
}

/** What came of knocking at every address. */
export interface Knocked {
  /** `nobody listens at lab-3:9000` */
  readonly said: string
  /** All of them answered that nobody listens. */
  readonly refused: boolean
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
  join({ addresses, timeoutMs, signal, goOn }: JoinRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = new AbortController()
      this.#knocking.add(stop)
      const failures = new Failures(addresses, (knocked) => {
        if (!attempt.inside && goOn?.(knocked) === false) end(() => reject(unreachable(failures)))
      })
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
    failures: Failures,
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
        failures.answered(address)
      } catch (error) {
        if (isAddressError(error)) return attempt.reject(new MeshError('INVALID_OPTION', `entry: ${error.message}`))
        if (signal.aborted) return
        const said = error instanceof Error ? error.message : String(error)
        failures.note(address, { said, refused: error instanceof DialError && error.refused })
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

/** What came of the last knock at each address. */
class Failures {
  readonly addresses: readonly string[]
  readonly last = new Map<string, Knocked>()
  hasAnswer = false
  readonly #waiting: Set<string>
  readonly #onRound: (knocked: Knocked) => void

  /** Calls once, when there is one for each and nobody has answered. */
  constructor(addresses: readonly string[], onRound: (knocked: Knocked) => void) {
    this.addresses = addresses
    this.#waiting = new Set(addresses)
    this.#onRound = onRound
  }

  /** Somebody is there: what comes of it is still to be seen. */
  answered(address: string): void {
    this.last.set(address, { said: 'it answered, but did not say in time who is there', refused: false })
    this.hasAnswer = true
    this.#waiting.clear()
  }

  note(address: string, knocked: Knocked): void {
    this.last.set(address, knocked)
    if (!this.#waiting.delete(address) || this.#waiting.size > 0) return
    const all = [...this.last.values()]
    this.#onRound({ said: all.map(({ said }) => said).join('; '), refused: all.every(({ refused }) => refused) })
  }
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

function unreachable({ addresses, last, hasAnswer }: Failures): MeshError {
  const said = addresses.map((address) => `${address} (${last.get(address)?.said ?? 'no answer'})`)
  const way = hasAnswer
    ? 'It may be very busy, or stand still: try again, or name another entry'
    : 'Is a peer up there? Start one with: murmur up'
  return new MeshError('ENTRY_UNREACHABLE', `no entry could be reached: ${said.join(', ')}. ${way}`)
}
