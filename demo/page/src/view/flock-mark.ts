// The flock of the page: a few hundred birds as strokes, placed by a fixed rule so that they always fly the same
// way. It is drawn once and never moves; it stands for what the page is about and says nothing.

import { svg, type SVGTemplateResult } from 'lit-html'

/** Birds along a bent stream, denser in the middle, each turned with the stream. */
export function flockMark(
  birds: number,
  { width, height, size: largest = 4.5 }: { width: number; height: number; size?: number },
): SVGTemplateResult {
  const random = seeded(11)
  const strokes = Array.from({ length: birds }, () => {
    const along = random()
    const bend = Math.sin(along * Math.PI * 2.2 - 0.6)
    // The sum of a few is nearly normal: many in the middle, few far out.
    const far = (random() + random() + random() + random() - 2) / 2
    const spread = far * Math.abs(far) ** 0.4 * (0.16 + 0.5 * Math.sin(along * Math.PI) ** 2)
    const x = along * width
    const y = height * (0.52 - 0.24 * bend + spread)
    const turn = Math.cos(along * Math.PI * 2.2 - 0.6) * -26 + (random() - 0.5) * 30
    const size = largest * (0.3 + 0.7 * random() ** 3)
    return svg`<path d=${bird(size)} transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn.toFixed(0)})" opacity=${(0.25 + 0.75 * random()).toFixed(2)} />`
  })
  return svg`<g fill="none" stroke="currentColor" stroke-width="1.1" stroke-linecap="round">${strokes}</g>`
}

/** Two wings. */
export function bird(size: number): string {
  const at = (part: number): string => (size * part).toFixed(1)
  return `M${at(-1)} ${at(0.05)} Q${at(-0.5)} ${at(-0.62)} 0 ${at(0.22)} Q${at(0.5)} ${at(-0.62)} ${at(1)} ${at(0.05)}`
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let at = seed
  return () => {
    at = (at + 0x6d2b79f5) | 0
    let value = Math.imul(at ^ (at >>> 15), 1 | at)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}
