// Sentences that stand in more than one place.

import { html } from 'lit-html'

export const storageNote = html`<p class="note">
  This browser keeps nothing for this site: the mesh will not recognise it when it returns, and the page will ask again.
</p>`

export const workersOnly = html`<p class="note">
  Your invite is a worker’s: it lets you lend cores, not ask for work.
</p>`
