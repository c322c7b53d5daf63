// What happened, the newest first: who came and went, what was lost with whom, what was done about it.

import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { Line } from '../sight/sentences.ts'
import type { Stay } from '../stay.ts'
import { clock } from './words.ts'

const shownAtMost = 40

export function log({ sight: { lines } }: Stay): TemplateResult {
  return html`
    <section class="log" aria-labelledby="log-title">
      <h2 id="log-title">What happened</h2>
      ${lines.length === 0 ? html`<p class="note">Nothing yet.</p>` : nothing}
      <ol
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        tabindex="0"
        aria-label="What happened, the newest first"
      >
        ${repeat(lines.slice(0, shownAtMost), ({ number }) => number, row)}
      </ol>
    </section>
  `
}

function row({ at, tone, text }: Line): TemplateResult {
  return html`<li class=${tone}><time>${clock(at)}</time> <span>${text}</span></li>`
}
