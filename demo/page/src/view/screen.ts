// Which screen stands where: before and after the mesh one thing at a time, in the mesh the board, which comes with
// the code of the mesh itself: a visitor who has not agreed yet waits for neither.

import { html, nothing, type TemplateResult } from 'lit-html'
import { cores, mostSlots } from '../consent.ts'
import type { Stay } from '../stay.ts'
import { flockMark } from './flock-mark.ts'
import { storageNote } from './notes.ts'
import { coresWord } from './words.ts'

export function screen(stay: Stay): TemplateResult {
  return stay.place.type === 'in' && stay.board !== undefined ? stay.board(stay) : outside(stay)
}

function outside(stay: Stay): TemplateResult {
  return html`
    <main id="main" class="outside">
      <svg class="sky" viewBox="0 0 900 360" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
        ${flockMark(850, { width: 900, height: 360 })}
      </svg>
      <div class="word">
        <p class="brand">Murmuration</p>
        ${message(stay)}
      </div>
    </main>
  `
}

function message(stay: Stay): TemplateResult {
  const { place } = stay
  switch (place.type) {
    case 'door':
      return door(stay)
    case 'joining':
      return html`<h1 role="status">Joining the mesh…</h1>`
    case 'alone':
      return html`
        <h1>Nobody answers</h1>
        <p class="lead">
          The mesh of this invite is not to be reached: whoever it names may be switched off, or on another network.
        </p>
        <p role="timer" aria-live="off">Trying again in ${secondsTo(place.retryAt)} s.</p>
        <p class="actions">
          <button class="primary" @click=${() => void stay.join()}>Try now</button>
          <button @click=${() => void stay.leave()}>Stop trying</button>
        </p>
        <details>
          <summary>What was tried</summary>
          <p class="note">${place.why}</p>
        </details>
      `
    case 'refused':
      return html`
        <h1>This invite does not open the door</h1>
        <p class="lead">${place.why}</p>
        <p>If that does not help, ask whoever sent it for a new one.</p>
        <p class="actions"><button class="primary" @click=${() => void stay.join()}>Try again</button></p>
      `
    case 'version':
      return html`
        <h1>The mesh speaks another version</h1>
        <p class="lead">${place.why}</p>
        <p class="actions"><button class="primary" @click=${() => location.reload()}>Load the page again</button></p>
      `
    case 'uninvited':
      return html`
        <h1>This page needs an invite</h1>
        <p class="lead">It is the door to a mesh, and its address names none.</p>
        <p>
          Open the link that <code>murmur up --page</code> or <code>murmur invite</code> printed, with all that follows
          the #.
        </p>
      `
    case 'unsupported':
      return html`
        <h1>This browser cannot take part</h1>
        <p class="lead">It has no ${place.needed.join(', no ')}. A current Firefox, Chrome, Edge or Safari has.</p>
      `
    case 'left':
      return html`
        <h1>You have left</h1>
        <p class="lead">Nothing of this computer is used any more. What it was working on goes on elsewhere.</p>
        <p class="actions"><button class="primary" @click=${() => stay.agree(stay.slots)}>Join again</button></p>
      `
    case 'unplugged':
      return html`
        <h1>Somebody pulled the plug</h1>
        <p class="lead">${place.by} had this page vanish without a goodbye. The mesh lost a peer, and no work.</p>
        <p class="actions"><button class="primary" @click=${() => void stay.join()}>Come back</button></p>
      `
    case 'in':
      return html``
  }
}

function door(stay: Stay): TemplateResult {
  const submit = (event: Event): void => {
    event.preventDefault()
    const form = new FormData(event.target as HTMLFormElement)
    stay.agree(Number(form.get('slots')))
  }
  return html`
    <h1>Lend this computer to the flock</h1>
    <p class="lead">
      While it is open, this page runs other people’s functions on as many cores as you choose: in a sandbox, without
      network, files or access to any site. Pause or leave whenever you like.
    </p>
    <form @submit=${submit}>
      <label for="slots">Cores to lend, of ${cores()}</label>
      ${slider(stay)}
      <p class="actions"><button class="primary">Join the mesh</button></p>
    </form>
    ${stay.missing.storage ? storageNote : nothing}
  `
}

function slider(stay: Stay): TemplateResult {
  const slide = (event: Event): void => {
    stay.slots = Number((event.target as HTMLInputElement).value)
    stay.select(null)
  }
  return html`
    <input
      type="range"
      id="slots"
      name="slots"
      min="0"
      max=${mostSlots()}
      .value=${String(stay.slots)}
      aria-valuetext=${coresWord(stay.slots)}
      @input=${slide}
    />
    <output for="slots">${stay.slots === 0 ? 'none, only watch' : coresWord(stay.slots)}</output>
  `
}

function secondsTo(at: number): number {
  return Math.max(0, Math.ceil((at - Date.now()) / 1_000))
}
