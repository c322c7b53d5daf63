// What ran where during the last minute: a row per peer, a bar per attempt. Attempts that died with their peer end
// in a mark of their own, since colour alone tells too little.

import { scaleLinear } from 'd3-scale'
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit-html'
import { counted } from '../../../dragon/words.ts'
import { type Bar, chartRows } from '../sight/bars.ts'
import type { SeenPeer } from '../sight/sight.ts'
import type { Stay } from '../stay.ts'
import { tint } from './words.ts'

const windowMs = 60_000
const laneHeight = 9
const rowGap = 9
const axisHeight = 18

export function gantt({ sight: { peers, bars } }: Stay): TemplateResult {
  const now = Date.now()
  // Peers that lend nothing have nothing to show.
  const shown = peers.filter(({ slots, id }) => slots > 0 || bars.some((bar) => bar.peer === id))
  const rows = chartRows(
    shown.map(({ id }) => id),
    bars,
    now - windowMs,
  )
  const percent = scaleLinear([now - windowMs, now], [0, 100]).clamp(true)
  const running = bars.filter(({ to }) => to === null).length
  let y = axisHeight
  const drawn = rows.map(({ lanes }, number) => {
    const peer = shown[number]!
    const height = Math.max(1, lanes.length, peer.slots > 8 ? 1 : peer.slots) * laneHeight
    const row = { peer, lanes, y, height }
    y += height + rowGap
    return row
  })
  return html`
    <section class="gantt" aria-labelledby="gantt-title">
      <h2 id="gantt-title">Attempts, the last minute</h2>
      <p class="note" role="status">${running === 0 ? 'Nothing runs.' : `${counted(running, 'attempt')} running.`}</p>
      ${
        drawn.length === 0
          ? nothing
          : html`<div class="chart">
              <ul class="names" aria-hidden="true">
                ${svgNames(drawn, y)}
              </ul>
              <svg height=${y} width="100%" role="img" aria-label=${summary(shown, bars, now)}>
                ${[60, 45, 30, 15, 0].map((ago) => tick(ago, percent(now - ago * 1_000), y))}
                ${drawn.map(({ peer, lanes, y: top, height }) => [
                  svg`<rect class="ground" x="0" width="100%" y=${top} height=${height} />`,
                  ...lanes.flatMap((lane, number) =>
                    lane.map((bar) => drawBar(bar, { peer, top: top + number * laneHeight, percent, now })),
                  ),
                ])}
              </svg>
            </div>`
      }
    </section>
  `
}

type Row = { readonly peer: SeenPeer; readonly y: number; readonly height: number }

function svgNames(rows: readonly Row[], height: number): SVGTemplateResult {
  return svg`<svg width="100%" height=${height}>${rows.map(
    ({ peer, y, height: own }) => svg`<text x="0" y=${y + own / 2 + 4}>${peer.name}</text>`,
  )}</svg>`
}

function drawBar(
  { from, to, end, fn, name }: Bar,
  { peer, top, percent, now }: { peer: SeenPeer; top: number; percent: (at: number) => number; now: number },
): SVGTemplateResult {
  const [left, right] = [percent(from), percent(to ?? now)]
  const width = Math.max(0.15, right - left)
  return svg`
    <rect class="bar ${end}" x="${left.toFixed(2)}%" width="${width.toFixed(2)}%" y=${top + 0.5} height=${laneHeight - 1.5} rx="1.5" fill=${tint(peer.hue)} stroke=${tint(peer.hue)}>
      <title>${name ?? fn} on ${peer.name}: ${end}</title>
    </rect>
    ${end === 'lost' ? svg`<line class="cut" x1="${right.toFixed(2)}%" x2="${right.toFixed(2)}%" y1=${top - 2} y2=${top + laneHeight + 1} />` : nothing}
  `
}

function tick(ago: number, x: number, height: number): SVGTemplateResult {
  const anchor = ago === 60 ? 'start' : ago === 0 ? 'end' : 'middle'
  return svg`
    <line class="tick" x1="${x}%" x2="${x}%" y1=${axisHeight - 4} y2=${height} />
    <text class="tick ${ago === 45 || ago === 15 ? 'minor' : ''}" x="${x}%" y="10" text-anchor=${anchor}>${ago === 0 ? 'now' : `${ago} s ago`}</text>
  `
}

function summary(peers: readonly SeenPeer[], bars: readonly Bar[], now: number): string {
  const parts = peers.map(({ id, name }) => {
    const own = bars.filter((bar) => bar.peer === id && (bar.to ?? now) >= now - windowMs)
    const lost = own.filter(({ end }) => end === 'lost').length
    return `${name}: ${counted(own.length, 'attempt')}${lost === 0 ? '' : `, ${lost} lost`}`
  })
  return `Attempts of the last minute. ${parts.join('; ')}`
}
