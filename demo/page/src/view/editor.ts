// A function of one's own on the mesh: write it, give it a range, watch the results come in.

import { html, nothing, type TemplateResult } from 'lit-html'
import { type EditorRun, runOver } from '../editor-run.ts'
import type { Stay } from '../stay.ts'
import { workersOnly } from './notes.ts'
import { counted } from '../../../dragon/words.ts'

const example = `(n) => {
  // Steps until Collatz's rule comes to 1.
  let steps = 0
  for (let m = n; m > 1; steps++) m = m % 2 === 1 ? 3 * m + 1 : m / 2
  return steps
}`

let source = example
let run: EditorRun | undefined
let stop: AbortController | undefined

const shownAtMost = 300

export function editor(stay: Stay): TemplateResult {
  const submit = (event: Event): void => {
    event.preventDefault()
    const { mesh } = stay
    if (mesh === undefined) return
    const form = new FormData(event.target as HTMLFormElement)
    stop?.abort()
    stop = new AbortController()
    const range = { source, from: Number(form.get('from')), to: Number(form.get('to')), signal: stop.signal }
    void runOver(mesh, range, (now) => {
      run = now
      stay.show('editor')
    })
  }
  const isRunning = run?.state === 'running'
  return html`
    <section class="editor" aria-labelledby="editor-title">
      <h2 id="editor-title">Write a function</h2>
      <form @submit=${submit}>
        <label for="source">A function of one number. It runs on whichever peer is best, and must stand alone.</label>
        <textarea
          id="source"
          rows="8"
          spellcheck="false"
          autocapitalize="off"
          .value=${source}
          @input=${(event: Event) => (source = (event.target as HTMLTextAreaElement).value)}
        ></textarea>
        <div class="range">
          <label>From <input name="from" type="number" value="1" required /></label>
          <label>to <input name="to" type="number" value="1000" required /></label>
          <button class="primary" ?disabled=${isRunning || !stay.maySubmit}>Run on the mesh</button>
          ${isRunning ? html`<button type="button" @click=${() => stop?.abort()}>Stop</button>` : nothing}
        </div>
        ${stay.maySubmit ? nothing : workersOnly}
      </form>
      ${run === undefined ? nothing : results(run)}
    </section>
  `
}

function results({ values, total, state, why, startedAt, endedAt }: EditorRun): TemplateResult {
  const seconds = Math.max(0.001, ((endedAt ?? Date.now()) - startedAt) / 1_000)
  const failed = values.filter((value) => value.failed).length
  return html`
    <p role="status">
      ${values.length} of ${counted(total, 'result')}${failed === 0 ? '' : `, ${failed} failed`},
      ${Math.round(values.length / seconds)} a second${state === 'stopped' ? '; stopped' : ''}
    </p>
    ${state === 'failed' ? html`<p class="trouble" role="alert">${why}</p>` : nothing}
    <progress max=${Math.max(1, total)} value=${values.length} aria-label="Results"></progress>
    <ol class="results" tabindex="0" aria-label="Results, the latest first">
      ${values
        .slice(-shownAtMost)
        .reverse()
        .map(({ input, text, failed: bad }) => html`<li class=${bad ? 'bad' : ''}><span>${input}</span> ${text}</li>`)}
    </ol>
  `
}
