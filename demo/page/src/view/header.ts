// Who this page is and what it does with this computer, with pause and leave in reach whatever is on the screen.

import { html, nothing, type TemplateResult } from 'lit-html'
import { cores, mostSlots } from '../consent.ts'
import { isOver } from '../sight/sight.ts'
import type { Stay } from '../stay.ts'
import { flockMark } from './flock-mark.ts'
import { storageNote } from './notes.ts'
import { coresWord } from './words.ts'

export function header(stay: Stay): TemplateResult {
  const here = stay.sight.peers.filter(({ state }) => !isOver(state)).length
  return html`
    <a class="skip" href="#main" @click=${toMain}>Skip to the mesh</a>
    <header>
      <div class="title">
        <svg class="mark" viewBox="0 0 120 40" aria-hidden="true">
          ${flockMark(34, { width: 120, height: 40, size: 8 })}
        </svg>
        <h1>Murmuration</h1>
        <p class="who">
          ${here === 1 ? 'only this peer' : `${here} peers`}, this one is <b>${stay.mesh?.name ?? '…'}</b>
        </p>
      </div>
      <nav role="tablist" aria-label="What to see">
        ${tab(stay, 'mesh', 'The mesh')} ${tab(stay, 'editor', 'Write a function')}
      </nav>
    </header>
    <section class="share" aria-label="What this page does with this computer">
      <p class="consent" role="status">${sentence(stay)}</p>
      <label class="cores">
        <span>Share</span>
        <input
          type="range"
          min="0"
          max=${mostSlots()}
          .value=${String(stay.slots)}
          ?disabled=${stay.paused}
          aria-label="Cores to lend"
          aria-valuetext=${coresWord(stay.slots)}
          @input=${(event: Event) => stay.share(Number((event.target as HTMLInputElement).value))}
        />
      </label>
      <div class="reach">
        <button aria-pressed=${stay.paused} @click=${() => stay.pause(!stay.paused)}>
          ${stay.paused ? 'Go on' : 'Pause'}
        </button>
        <button class="leave" @click=${() => void stay.leave()}>Leave</button>
      </div>
      ${stay.missing.storage ? storageNote : nothing}
    </section>
  `
}

function sentence({ paused, slots }: Stay): string {
  if (paused) return 'Paused: nothing runs on this computer. It still keeps copies of results for others.'
  if (slots === 0) return 'Only watching: nothing runs on this computer.'
  return `Lending ${slots} of ${coresWord(cores())} of this computer, in a sandbox without network or files.`
}

function tab(stay: Stay, name: Stay['tab'], label: string): TemplateResult {
  const chosen = stay.tab === name
  return html`<button
    role="tab"
    aria-selected=${chosen}
    aria-controls="panel"
    tabindex=${chosen ? 0 : -1}
    @click=${() => stay.show(name)}
    @keydown=${(event: KeyboardEvent) => {
      if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
      stay.show(name === 'mesh' ? 'editor' : 'mesh')
      requestAnimationFrame(() => document.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus())
    }}
  >
    ${label}
  </button>`
}

/** The fragment is the invite: it must stay. */
function toMain(event: Event): void {
  event.preventDefault()
  const main = document.getElementById('main')
  main?.setAttribute('tabindex', '-1')
  main?.focus()
}
