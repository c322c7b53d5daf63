// Sizes and times as people read them.

export function sizeOf(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  if (bytes < 1_024 ** 2) return `${(bytes / 1_024).toFixed(bytes < 10_240 ? 1 : 0)} KiB`
  return `${(bytes / 1_024 ** 2).toFixed(1)} MiB`
}

export function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8)
}

/** `a core`, `2 cores` */
export function coresWord(count: number): string {
  return count === 1 ? '1 core' : `${count} cores`
}

/** A peer's tint, as strong as the style sheet has it for this light. */
export function tint(hue: number): string {
  return `oklch(var(--tint-l) var(--tint-c) ${hue})`
}
