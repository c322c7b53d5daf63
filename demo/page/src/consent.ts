// What whoever sits before the page has agreed to: how many cores it may lend. Kept in this browser only; where
// nothing can be kept, the page asks again next time.

const key = 'murmuration.slots'

/** Null: not asked yet. */
export function agreedSlots(): number | null {
  try {
    const kept = localStorage.getItem(key)
    const slots = Number(kept)
    return kept !== null && Number.isInteger(slots) && slots >= 0 ? Math.min(slots, mostSlots()) : null
  } catch {
    return null
  }
}

export function agree(slots: number): void {
  try {
    localStorage.setItem(key, String(slots))
  } catch {
    // Asked again next time.
  }
}

export function forgetAgreement(): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // It was never kept.
  }
}

export function cores(): number {
  return Math.max(1, navigator.hardwareConcurrency || 1)
}

export function mostSlots(): number {
  return cores()
}

/** A quarter of the cores, at least one: a visitor's computer is the visitor's. */
export function suggestedSlots(): number {
  return Math.max(1, Math.floor(cores() / 4))
}
