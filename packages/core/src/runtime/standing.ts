// This peer's own right to be here: it ends when its pass does, or when its invite is revoked, and then the
// peer has to go. Nobody's word is taken for it: the statement is the mesh's own, or the time is up.

import { MeshError } from '../errors.ts'
import type { Admission } from '../trust/admission.ts'
import type { Clock, Platform } from './ports.ts'

/** Of setTimeout: past it, it fires at once. */
const longestTimerMs = 2 ** 31 - 1

export class Standing {
  readonly #admission: Admission
  readonly #clock: Clock
  readonly #lost: (error: MeshError) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopped = false

  /** `lost` is called once at most, and not before this has returned. */
  constructor({ admission, clock }: Pick<Platform, 'admission' | 'clock'>, lost: (error: MeshError) => void) {
    this.#admission = admission
    this.#clock = clock
    this.#lost = lost
    admission.onChange(() => this.#look())
    this.#watch(0)
  }

  #look(): void {
    if (this.#stopped) return
    const why = this.#admission.ended
    if (why === null) return this.#watch(this.#admission.until - this.#clock.wall())
    this.stop()
    this.#lost(new MeshError('INVITE_INVALID', why))
  }

  #watch(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#admission.until === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(ms, 0), longestTimerMs))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }
}
