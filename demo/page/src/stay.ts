// One visit: from opening the page over joining to leaving it, with everything that can come between. It holds
// what the screen shows and what its buttons do; it draws nothing.

import type { Peer } from '@murmuration/core/internal'
import type { Mesh } from 'murmuration'
import type { TemplateResult } from 'lit-html'
import { agree, agreedSlots, forgetAgreement, suggestedSlots } from './consent.ts'
import type { Entered } from './enter.ts'
import type * as MeshSide from './mesh-side.ts'
import type { PictureFollower } from './picture-job.ts'
import { nothingSeen } from './sight/nothing.ts'
import type { Sight } from './sight/sight.ts'
import type { Missing } from './support.ts'
import type { Watch } from './watch.ts'

export type Place =
  | { readonly type: 'unsupported'; readonly needed: readonly string[] }
  | { readonly type: 'uninvited' }
  /** Nobody has agreed to anything yet. */
  | { readonly type: 'door' }
  | { readonly type: 'joining' }
  /** Nobody answers; tried again then. */
  | { readonly type: 'alone'; readonly why: string; readonly retryAt: number }
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'version'; readonly why: string }
  | { readonly type: 'in' }
  | { readonly type: 'left' }
  | { readonly type: 'unplugged'; readonly by: string }

export interface StayOptions {
  readonly missing: Missing
  /** This page's address, the invite in its fragment. */
  readonly address: string
  readonly changed: () => void
}

/** Loaded while the visitor reads what this is about. */
const meshSide = (): Promise<typeof MeshSide> => import('./mesh-side.ts')

const firstRetryMs = 2_000
const longestRetryMs = 30_000

export class Stay {
  readonly missing: Missing
  place: Place = { type: 'door' }
  sight: Sight = nothingSeen
  slots = agreedSlots() ?? suggestedSlots()
  paused = false
  tab: 'mesh' | 'editor' = 'mesh'
  /** The peer whose details are open. */
  selected: string | null = null
  /** What a button could not do. */
  trouble: string | null = null
  asking = false
  follower: PictureFollower | undefined
  /** Draws what is seen of the mesh; undefined before it is loaded. */
  board: ((stay: Stay) => TemplateResult) | undefined
  readonly #address: string
  readonly #changed: () => void
  #entered: Entered | undefined
  #watch: Watch | undefined
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ missing, address, changed }: StayOptions) {
    this.missing = missing
    this.#address = address
    this.#changed = changed
  }

  begin(): void {
    if (this.missing.needed.length > 0) return this.#go({ type: 'unsupported', needed: this.missing.needed })
    if (!this.#address.includes('#')) return this.#go({ type: 'uninvited' })
    if (agreedSlots() === null) {
      meshSide().catch(() => undefined)
      return this.#go({ type: 'door' })
    }
    void this.join()
  }

  get mesh(): Mesh | undefined {
    return this.#entered?.mesh
  }

  get peer(): Peer | undefined {
    return this.#entered?.peer
  }

  /** Whether this page may ask for work, not only do it. */
  get maySubmit(): boolean {
    return this.#entered?.maySubmit ?? false
  }

  /** What it lends at this moment. */
  get lends(): number {
    return this.paused ? 0 : this.slots
  }

  agree(slots: number): void {
    this.slots = slots
    agree(slots)
    void this.join()
  }

  async join(): Promise<void> {
    clearInterval(this.#timer)
    this.#go({ type: 'joining' })
    try {
      const side = await meshSide()
      this.#arrived(await side.enter(this.#address, this.lends), side)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Takes effect at once: what runs above it is given back. */
  share(slots: number): void {
    this.slots = slots
    agree(slots)
    this.#entered?.setSlots(this.lends)
    this.#changed()
  }

  pause(paused: boolean): void {
    this.paused = paused
    this.#entered?.setSlots(this.lends)
    this.#changed()
  }

  /** Hands over, says goodbye, and asks again next time. */
  async leave(): Promise<void> {
    forgetAgreement()
    const { mesh } = this
    this.#depart({ type: 'left' })
    await mesh?.leave().catch(() => undefined)
  }

  show(tab: Stay['tab']): void {
    this.tab = tab
    this.#changed()
  }

  select(peer: string | null): void {
    this.selected = peer
    this.#changed()
  }

  /** That page or process goes away without a goodbye. */
  pullPlug(peer: string): void {
    const life = this.peer?.state.members.get(peer as never)?.life
    if (life !== undefined) this.peer?.post({ type: 'unplug', peer: life })
    this.select(null)
  }

  async startDragon(): Promise<void> {
    const { mesh } = this
    if (mesh === undefined || this.asking) return
    this.asking = true
    this.trouble = null
    this.#changed()
    try {
      const { startPicture, pictureAsked } = await meshSide()
      await startPicture(mesh, pictureAsked(location.search))
    } catch (error) {
      this.trouble = said(error)
    }
    this.asking = false
    this.#changed()
  }

  #arrived(entered: Entered, { Watch, PictureFollower, board }: typeof MeshSide): void {
    this.board = board
    this.#failures = 0
    this.#entered = entered
    const { peer } = entered
    peer.events.addEventListener('peer:unplug', (event) => {
      const { by } = (event as CustomEvent<{ by: string }>).detail
      // As if the tab had crashed: nobody is told.
      void peer.stop()
      this.#depart({ type: 'unplugged', by })
    })
    peer.onStop((broken) => {
      if (this.#entered !== entered) return
      // Without a fault: somebody had this page hand over and leave.
      if (broken === null) this.#depart({ type: 'left' })
      else this.#failed(broken)
    })
    this.#watch = new Watch(peer, (sight) => {
      this.sight = sight
      this.#changed()
    })
    this.follower = new PictureFollower(peer, this.#watch, this.#changed)
    this.#go({ type: 'in' })
  }

  #failed(error: unknown): void {
    const { code = 'INTERNAL' } = error as { code?: string }
    if (code === 'VERSION_MISMATCH') return this.#depart({ type: 'version', why: said(error) })
    if (code === 'INVITE_INVALID' || code === 'FORBIDDEN' || code === 'INVALID_OPTION')
      return this.#depart({ type: 'refused', why: said(error) })
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++)
    this.#depart({ type: 'alone', why: said(error), retryAt: Date.now() + waitMs })
    this.#timer = setInterval(() => {
      const { place } = this
      if (place.type !== 'alone') clearInterval(this.#timer)
      else if (Date.now() >= place.retryAt) void this.join()
      else this.#changed()
    }, 250)
  }

  #depart(place: Place): void {
    this.#watch?.close()
    this.follower?.close()
    this.#watch = undefined
    this.#entered = undefined
    this.selected = null
    this.#go(place)
  }

  #go(place: Place): void {
    this.place = place
    this.#changed()
  }
}

/** What an error says, as a sentence. */
export function said(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
