// The mesh: every peer a bird, as many dots beside it as it lends slots, links between them. Doubt shows as a broken
// outline, death as a bird that is gone from its place. A click opens what is known of a peer, and the plug.

import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import { field, Layout } from '../sight/layout.ts'
import { isOver, type SeenPeer } from '../sight/sight.ts'
import type { Stay } from '../stay.ts'
import { bird } from './flock-mark.ts'
import { coresWord, tint } from './words.ts'

const layout = new Layout()

export function flock(stay: Stay): TemplateResult {
  const { peers, links } = stay.sight
  const places = layout.of(peers, links)
  const at = (id: string): { readonly x: number; readonly y: number } => places.get(id) ?? { x: 0, y: 0 }
  return html`
    <section class="flock" aria-labelledby="flock-title">
      <h2 id="flock-title">The flock</h2>
      <svg viewBox="0 0 ${field.width} ${field.height}" role="group" aria-label="Peers and the links between them">
        ${links.map(({ a, b }) => svg`<line class="link" x1=${at(a).x} y1=${at(a).y} x2=${at(b).x} y2=${at(b).y} />`)}
        ${repeat(
          peers,
          ({ id }) => id,
          (peer) => birdAt(stay, peer, at(peer.id)),
        )}
      </svg>
      ${details(stay)}
    </section>
  `
}

function birdAt(stay: Stay, peer: SeenPeer, { x, y }: { readonly x: number; readonly y: number }): SVGTemplateResult {
  const { id, name, state, hue, isSelf } = peer
  const chosen = stay.selected === id
  const open = (): void => stay.select(chosen ? null : id)
  return svg`
    <g
      class="peer ${state} ${chosen ? 'chosen' : ''}"
      transform="translate(${x.toFixed(1)} ${y.toFixed(1)})"
      role="button"
      tabindex="0"
      aria-pressed=${chosen}
      aria-label="${name}, ${stateOf(peer)}${isSelf ? ', this page' : ''}"
      @click=${open}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        open()
      }}
    >
      <circle class="ground" r="21" />
      ${ring(peer)}
      ${
        isOver(state)
          ? svg`<path class="gone" d="M-6 -6 L6 6 M6 -6 L-6 6" />`
          : svg`<path class="bird" d=${bird(14)} stroke=${tint(hue)} />`
      }
      <text y="35" text-anchor="middle">${name}${isSelf ? ' (you)' : ''}</text>
    </g>
  `
}

const radius = 21
const arcsAtMost = 16

/** An arc for each slot, strong where something runs. */
function ring({ slots, free, hue, state }: SeenPeer): SVGTemplateResult {
  const arcs = Math.min(slots, arcsAtMost)
  if (arcs === 0 || isOver(state)) return svg`<circle class="ring none" r=${radius} stroke=${tint(hue)} />`
  const busy = free === null ? 0 : Math.round(((slots - free) / slots) * arcs)
  const gap = arcs === 1 ? 0 : 0.16
  return svg`${Array.from({ length: arcs }, (_, number) => {
    const from = (number / arcs) * 2 * Math.PI + gap / 2
    const to = ((number + 1) / arcs) * 2 * Math.PI - gap / 2
    return svg`<path class="ring ${number < busy ? 'busy' : ''}" d=${arc(from, to)} stroke=${tint(hue)} />`
  })}`
}

/** Clockwise, from the top. */
function arc(from: number, to: number): string {
  const at = (turn: number): string =>
    `${(radius * Math.sin(turn)).toFixed(2)} ${(-radius * Math.cos(turn)).toFixed(2)}`
  const middle = (from + to) / 2
  return `M${at(from)} A${radius} ${radius} 0 0 1 ${at(middle)} A${radius} ${radius} 0 0 1 ${at(to)}`
}

function stateOf({ state, slots, free, kind }: SeenPeer): string {
  const where = kind === 'browser' ? 'a page' : 'a process'
  const busy = free === null ? '' : `, ${slots - free} of ${slots} slots busy`
  const words = {
    alive: where + busy,
    hidden: `${where} that nobody looks at${busy}`,
    draining: 'leaving',
    suspect: 'does not answer',
    dead: 'died',
    left: 'left',
  }
  return words[state]
}

function details(stay: Stay): TemplateResult {
  const peer = stay.sight.peers.find(({ id }) => id === stay.selected)
  if (peer === undefined) return html`<p class="note">Choose a peer to see more of it.</p>`
  const { name, kind, slots, free, queued, how, state, isSelf } = peer
  return html`
    <div class="details" role="region" aria-label=${name}>
      <p>
        <b>${name}</b>, ${kind === 'browser' ? 'a page' : 'a Node process'}${isSelf ? ', this one' : ''}:
        ${
          isOver(state)
            ? `${state}${how === '' ? '' : `, ${how}`}`
            : `lends ${coresWord(slots)}${free === null ? '' : `, ${free} free`}${queued ? `, ${queued} attempts waiting` : ''}`
        }
      </p>
      ${
        isOver(state) || !stay.maySubmit
          ? nothing
          : html`<p class="actions">
              <button class="plug" @click=${() => stay.pullPlug(peer.id)}>Pull the plug</button>
              <span class="note">It vanishes without a goodbye. Its work goes on elsewhere.</span>
            </p>`
      }
    </div>
  `
}
