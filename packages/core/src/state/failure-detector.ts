// Who of the peers we observe has fallen silent. Each is asked when nothing was heard from it for a
// probe interval; a miss is checked through others, then the peer is suspect, and it dies when its
// time to refute is up. That time shrinks as independent observers agree, and stretches with our own
// awareness: whoever judges late blames itself first. SWIM's probes with Lifeguard's local health
// and suspicion formula (Dadgar, Phillips, Currey 2018). It only says what to do; it sends nothing.

import { broken } from '../model/assert.ts'
import { earlyMs } from '../model/config.ts'
import type { Config } from '../model/config.ts'
import type { Instant, LifeId, PeerId } from '../model/ids.ts'
import { after, never } from '../model/ids.ts'

type Phase = 'calm' | 'pinged' | 'indirect' | 'suspected'

interface Observed {
  readonly life: LifeId
  heardAt: Instant
  phase: Phase
  dueAt: Instant
  nonce: number
  /** Helpers asked for an indirect probe, and how many of them heard nothing either. */
  asked: number
  nacks: number
  /** Ask even though it was heard just now: its connection closed. */
  hinted: boolean
  refused: boolean
  /** How often in a row others heard it and we did not. */
  detours: number
  /** Nobody answered whom others were asked about, and they were asked again. */
  askedAgain: boolean
}

interface Suspicion {
  since: Instant
  readonly by: Set<PeerId>
  /** Independent confirmations after which the shortest time applies. */
  readonly wanted: number
}

export type Step = { readonly life: LifeId; readonly nonce: number; readonly action: 'ping' | 'indirect' | 'suspect' }

/** Lifeguard's formula: from `max` down to `min` as confirmations approach the wanted number. */
export function suspicionMs(confirmations: number, wanted: number, min: number, max: number): number {
  if (wanted < 1) return min
  const share = Math.log(confirmations + 1) / Math.log(wanted + 1)
  return Math.max(min, max - (max - min) * share)
}

const awarenessMax = 8
/** After so many probes that only others saw answered a link is worth nothing. */
const detoursMost = 3
/** After so many that peer is out of our reach, whatever others hear. */
const detoursApart = 12

export class FailureDetector {
  readonly #config: Config
  readonly #self: LifeId | null
  readonly #observed = new Map<LifeId, Observed>()
  readonly #suspicions = new Map<LifeId, Suspicion>()
  #awareness = 0
  #nonce = 0

  constructor(config: Config, self: LifeId | null = null) {
    this.#config = config
    this.#self = self
  }

  /** 0 is well; 8 is so slow that its verdicts take nine times as long. */
  get awareness(): number {
    return this.#awareness
  }

  worsen(): void {
    this.#awareness = Math.min(awarenessMax, this.#awareness + 1)
  }

  improve(): void {
    this.#awareness = Math.max(0, this.#awareness - 1)
  }

  /** Sets who is observed. Newcomers get a full interval before the first probe. */
  observe(lives: ReadonlySet<LifeId>, now: Instant): void {
    for (const life of this.#observed.keys()) if (!lives.has(life)) this.#observed.delete(life)
    for (const life of lives) if (!this.#observed.has(life)) this.#observed.set(life, this.#fresh(life, now))
  }

  observes(life: LifeId): boolean {
    return this.#observed.has(life)
  }

  /** Of two that observe each other one asks first, and is heard by asking: otherwise both would ask in the same moment. */
  #calmMs(life: LifeId): number {
    return this.#config.probeMs * (this.#self !== null && this.#self > life ? 1.25 : 1)
  }

  #fresh(life: LifeId, now: Instant): Observed {
    const dueAt = after(now, this.#calmMs(life))
    return {
      life,
      heardAt: now,
      phase: 'calm',
      dueAt,
      nonce: 0,
      asked: 0,
      nacks: 0,
      hinted: false,
      refused: false,
      detours: 0,
      askedAgain: false,
    }
  }

  /** Anything at all from that life is proof of it. */
  heard(life: LifeId, now: Instant): void {
    const row = this.#observed.get(life)
    if (!row) return
    if (row.phase !== 'calm') this.improve()
    this.#calm(row, now)
    row.detours = 0
  }

  #calm(row: Observed, now: Instant): void {
    row.heardAt = now
    row.phase = 'calm'
    row.hinted = false
    row.refused = false
    row.askedAgain = false
    row.dueAt = after(now, this.#calmMs(row.life))
  }

  /** A question that may yet be answered in time is no silence. */
  heardWithin(life: LifeId, ms: number, now: Instant): boolean {
    const row = this.#observed.get(life)
    if (!row || row.hinted || row.refused) return false
    return (row.phase === 'calm' || row.phase === 'pinged') && now - row.heardAt <= ms
  }

  /** Its connection closed: ask at once. */
  hint(life: LifeId, now: Instant): void {
    const row = this.#observed.get(life)
    if (!row || row.phase !== 'calm') return
    row.hinted = true
    row.dueAt = now
  }

  /** Its machine answered that nobody listens there: as good as a missed round. */
  refused(life: LifeId, now: Instant): void {
    const row = this.#observed.get(life)
    if (!row || row.phase === 'suspected') return
    row.refused = true
    if (row.phase === 'pinged') row.dueAt = now
  }

  /**
   * A helper answered. Its hearing nothing counts; its hearing the target is a sign of life. When that has been
   * so for a while the target lives, and what fails is our own link to it: a new one may do. When it has been so
   * for long, none does.
   */
  probed(life: LifeId, heard: boolean, now: Instant): 'link' | 'apart' | null {
    const row = this.#observed.get(life)
    if (!row || row.phase !== 'indirect') return null
    if (!heard) {
      row.nacks++
      if (row.nacks >= row.asked) row.dueAt = now
      return null
    }
    this.#calm(row, now)
    row.detours++
    if (row.detours % detoursApart === 0) return 'apart'
    return row.detours % detoursMost === 0 ? 'link' : null
  }

  /** How many helpers the flow could ask. None: the next step is not worth waiting for. */
  asked(life: LifeId, helpers: number, now: Instant): void {
    const row = this.#observed.get(life)
    if (!row) return
    row.asked = helpers
    row.nacks = 0
    if (helpers === 0) row.dueAt = now
  }

  /** What is to be done now. Each step moves its row on. Whoever asks one peer asks those that are next as well. */
  due(now: Instant): Step[] {
    const steps: Step[] = []
    for (const row of this.#observed.values()) {
      if (row.dueAt > now) continue
      const action = this.#advance(row, now)
      if (action) steps.push({ life: row.life, nonce: row.nonce, action })
    }
    if (!steps.some(({ action }) => action === 'ping')) return steps
    const soon = after(now, earlyMs(this.#config))
    for (const row of this.#observed.values()) {
      if (row.phase !== 'calm' || row.dueAt > soon) continue
      const action = this.#ask(row, now)
      steps.push({ life: row.life, nonce: row.nonce, action })
    }
    return steps
  }

  #ask(row: Observed, now: Instant): 'ping' {
    row.phase = 'pinged'
    row.nonce = ++this.#nonce
    row.dueAt = after(now, this.#patienceMs)
    return 'ping'
  }

  get #patienceMs(): number {
    return this.#config.probeMs * (1 + this.#awareness)
  }

  #advance(row: Observed, now: Instant): Step['action'] | null {
    const patience = this.#patienceMs
    switch (row.phase) {
      case 'calm': {
        const next = after(row.heardAt, this.#calmMs(row.life))
        if (!row.hinted && next > now) {
          row.dueAt = next
          return null
        }
        return this.#ask(row, now)
      }
      case 'pinged':
        row.phase = 'indirect'
        row.dueAt = after(now, patience / 2)
        return 'indirect'
      case 'indirect':
        // A miss that helpers confirm says something about the target; one that nobody answered, about us.
        if (row.nacks < row.asked && !row.refused) this.worsen()
        // Whom only others reach has no second way: one frame lost between us and them says nothing about it.
        if (row.nacks === 0 && row.asked > 0 && row.detours > 0 && !row.askedAgain) {
          row.askedAgain = true
          row.dueAt = after(now, patience / 2)
          return 'indirect'
        }
        row.phase = 'suspected'
        row.dueAt = after(now, this.#config.probeMs)
        return 'suspect'
      case 'suspected':
        row.nonce = ++this.#nonce
        row.dueAt = after(now, this.#config.probeMs)
        return 'ping'
    }
  }

  /** It was asked and has not been heard since: seen through, whoever else is to be observed meanwhile. */
  doubts(life: LifeId): boolean {
    const row = this.#observed.get(life)
    return row !== undefined && row.phase !== 'calm'
  }

  /** Records that `by` suspects this life. True when that is new. */
  suspected(life: LifeId, by: PeerId, wanted: number, now: Instant): boolean {
    const row = this.#suspicions.get(life)
    if (!row) {
      this.#suspicions.set(life, { since: now, by: new Set([by]), wanted })
      return true
    }
    if (row.by.has(by)) return false
    row.by.add(by)
    return true
  }

  /** Refuted, or over. */
  cleared(life: LifeId): void {
    this.#suspicions.delete(life)
    const row = this.#observed.get(life)
    if (row?.phase === 'suspected') row.phase = 'calm'
  }

  suspectedBy(life: LifeId): ReadonlySet<PeerId> {
    return this.#suspicions.get(life)?.by ?? new Set()
  }

  /** Suspicions whose time is up. One whose subject was heard meanwhile gets a new term: it has still to refute. */
  condemned(now: Instant): LifeId[] {
    const over: LifeId[] = []
    for (const [life, row] of this.#suspicions) {
      if (this.#condemnedAt(row) > now) continue
      const observed = this.#observed.get(life)
      if (observed && observed.heardAt > row.since && observed.phase !== 'suspected') row.since = now
      else over.push(life)
    }
    return over
  }

  #condemnedAt(row: Suspicion): Instant {
    const { suspectMinMs, suspectMaxMs } = this.#config
    const ms = suspicionMs(row.by.size - 1, row.wanted, suspectMinMs, suspectMaxMs)
    return after(row.since, ms * (1 + this.#awareness))
  }

  /** After a sleep nothing that was overdue proves anything: all clocks start again. */
  restart(now: Instant): void {
    for (const life of this.#observed.keys()) this.#observed.set(life, this.#fresh(life, now))
    for (const row of this.#suspicions.values()) row.since = now
  }

  forget(life: LifeId): void {
    this.#observed.delete(life)
    this.#suspicions.delete(life)
  }

  deadline(): Instant {
    let next: Instant = never
    for (const row of this.#observed.values()) if (row.dueAt < next) next = row.dueAt
    for (const row of this.#suspicions.values()) {
      const at = this.#condemnedAt(row)
      if (at < next) next = at
    }
    return next
  }

  check(): void {
    for (const row of this.#observed.values())
      if (!Number.isFinite(row.dueAt)) broken(`${row.life} is probed at some time`)
  }
}
