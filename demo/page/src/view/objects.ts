// What the mesh keeps, the largest first, and on whom: a dot for each copy in its holder's tint, an open one for
// each that is still missing.

import { html, nothing, svg, type TemplateResult } from 'lit-html'
import type { SeenObject, SeenPeer } from '../sight/sight.ts'
import type { Stay } from '../stay.ts'
import { counted } from '../../../dragon/words.ts'
import { sizeOf, tint } from './words.ts'

const shownAtMost = 10

export function objects({ sight: { objects: all, peers } }: Stay): TemplateResult {
  const missing = all.filter(({ copies, wanted }) => copies < wanted).length
  const bytes = all.reduce((sum, { size, copies }) => sum + size * copies, 0)
  return html`
    <section class="objects" aria-labelledby="objects-title">
      <h2 id="objects-title">Objects and their copies</h2>
      <p class="note">
        ${
          all.length === 0
            ? 'Nothing is kept yet.'
            : `${counted(all.length, 'object')}, ${sizeOf(bytes)} with all copies${missing === 0 ? '' : `; ${missing} wait for a copy`}.`
        }
      </p>
      ${
        all.length === 0
          ? nothing
          : html`<table>
              <thead>
                <tr>
                  <th scope="col">Object</th>
                  <th scope="col" class="number">Size</th>
                  <th scope="col">Copies</th>
                </tr>
              </thead>
              <tbody>
                ${all.slice(0, shownAtMost).map((object) => row(object, peers))}
              </tbody>
            </table>`
      }
    </section>
  `
}

function row({ id, size, copies, wanted, holders }: SeenObject, peers: readonly SeenPeer[]): TemplateResult {
  const hues = holders.map((name) => peers.find((peer) => peer.name === name)?.hue)
  const open = Math.max(0, wanted - copies)
  const width = (hues.length + open) * 13
  return html`<tr>
    <td><code>${shortened(id)}</code></td>
    <td class="number">${sizeOf(size)}</td>
    <td>
      <svg width=${width} height="12" role="img" aria-label="${copies} of ${wanted} copies, on ${holders.join(', ')}">
        ${hues.map((hue, at) => svg`<circle cx=${at * 13 + 6} cy="6" r="4.5" fill=${hue === undefined ? 'currentColor' : tint(hue)} />`)}
        ${Array.from({ length: open }, (_, at) => svg`<circle class="open" cx=${(hues.length + at) * 13 + 6} cy="6" r="4" />`)}
      </svg>
      <span class="holders">${holders.join(', ')}</span>
    </td>
  </tr>`
}

/** How it ends tells objects apart: many begin alike. */
function shortened(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 4)}…${id.slice(-6)}`
}
