// The flock of the page: a few hundred birds as strokes, placed by a fixed rule so that they always fly the same
// way. It is drawn once and never moves; it stands for what the page is about and says nothing.

import { svg, type SVGTemplateResult } from 'lit-html'

/** Birds along a bent stream, denser in the middle, each turned with the stream. */
export function flockMark(birds: number, { width, height }: { width: number; height: number }): SVGTemplateResult {
  const random = seeded(11)
  const strokes = Array.from({ length: birds }, () => {
    const along = random()
    const bend = Math.sin(along * Math.PI * 2.2 - 0.6)
    const spread = (random() + random() + random() - 1.5) * (0.12 + 0.34 * Math.sin(along * Math.PI) ** 2)
    const x = along * width
    const y = height * (0.52 - 0.24 * bend + spread)
    const turn = Math.cos(along * Math.PI * 2.2 - 0.6) * -26 + (random() - 0.5) * 30
    const size = 1.6 + 3.4 * random() ** 2
    return svg`<path d=${bird(size)} transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn.toFixed(0)})" opacity=${(0.25 + 0.75 * random()).toFixed(2)} />`
  })
  return svg`<g fill="none" stroke="currentColor" stroke-width="1.1" stroke-linecap="round">${strokes}</g>`
}

/** Two wings. */
export function bird(size: number): string {
  const s = size.toFixed(1)
  const h = (size * 0.45).toFixed(1)
  return `M-${s} -${h} Q0 -${h} 0 ${h} Q0 -${h} ${s} -${h}`
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
