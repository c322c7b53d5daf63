// All that is seen of the mesh, at once.

import { html, nothing, type TemplateResult } from 'lit-html'
import type { Stay } from '../stay.ts'
import { dragon } from './dragon.ts'
import { editor } from './editor.ts'
import { flock } from './flock.ts'
import { gantt } from './gantt.ts'
import { header } from './header.ts'
import { log } from './log.ts'
import { objects } from './objects.ts'

export function board(stay: Stay): TemplateResult {
  return html`
    ${header(stay)}
    <main id="main">
      ${stay.trouble === null ? nothing : html`<p class="trouble" role="alert">${stay.trouble}</p>`}
      <div id="panel" role="tabpanel" aria-label=${stay.tab === 'editor' ? 'Write a function' : 'The mesh'}>
        ${
          stay.tab === 'editor'
            ? editor(stay)
            : html`<div class="board">${dragon(stay)} ${flock(stay)} ${gantt(stay)} ${objects(stay)} ${log(stay)}</div>`
        }
      </div>
    </main>
  `
}
