// The picture, tile by tile, each tinted by whoever made it until the whole is there; and what may be done about it.

import { html, nothing, type TemplateResult } from 'lit-html'
import { createRef, ref } from 'lit-html/directives/ref.js'
import type { Picture } from '../../../dragon/picture.ts'
import { counted } from '../../../dragon/words.ts'
import type { PictureFollower } from '../picture-job.ts'
import type { Stay } from '../stay.ts'
import { workersOnly } from './notes.ts'
import { tint } from './words.ts'

const canvas = createRef<HTMLCanvasElement>()
let showMakers = true

export function dragon(stay: Stay): TemplateResult {
  const { follower } = stay
  requestAnimationFrame(() => draw(stay))
  const picture = follower?.picture
  return html`
    <section class="dragon" aria-labelledby="dragon-title">
      <h2 id="dragon-title">The dragon</h2>
      <figure>
        <canvas
          ${ref(canvas)}
          role="img"
          aria-label=${label(follower)}
          width=${picture?.width ?? 640}
          height=${picture?.height ?? 360}
          class=${picture === undefined ? 'empty' : ''}
        ></canvas>
        ${picture === undefined ? invitation(stay) : nothing}
      </figure>
      ${follower?.seen === undefined ? nothing : progress(follower)} ${picture === undefined ? nothing : legend(stay)}
    </section>
  `
}

function invitation(stay: Stay): TemplateResult {
  const { asking, maySubmit } = stay
  return html`<figcaption class="invitation">
    <p>Nobody has asked for the dragon yet. It is path-traced tile by tile, by whoever is here.</p>
    ${
      maySubmit
        ? html`<button class="primary" ?disabled=${asking} @click=${() => void stay.startDragon()}>
            ${asking ? 'Asking…' : 'Render it'}
          </button>`
        : workersOnly
    }
  </figcaption>`
}

function progress({ seen, picture }: PictureFollower): TemplateResult {
  const { asked = 0, done = 0, tilesDone = 0, tiles = 0, state, owner } = seen ?? {}
  const whole = picture?.complete === true
  return html`
    <progress max=${Math.max(1, asked)} value=${done} aria-label="Rendering"></progress>
    <p class="sum" role="status">
      ${whole ? 'Complete: ' : ''}${tilesDone} of ${counted(tiles, 'tile')} final, ${done} of ${asked} pieces
      done${state === 'running' ? html`; its page is gone, and it goes on at <b>${owner}</b>` : nothing}
    </p>
  `
}

function legend(stay: Stay): TemplateResult {
  const makers = new Map<string, number>()
  for (const maker of stay.follower?.makers ?? [])
    if (maker !== undefined) makers.set(maker, (makers.get(maker) ?? 0) + 1)
  const named = stay.sight.peers.filter(({ id }) => makers.has(id))
  const toggle = (event: Event): void => {
    showMakers = (event.target as HTMLInputElement).checked
    draw(stay)
  }
  return html`
    <p class="legend">
      <label><input type="checkbox" .checked=${showMakers} @change=${toggle} /> Tint by who made it</label>
      ${named.map(
        ({ id, name, hue }) =>
          html`<span class="key"
            ><svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" fill=${tint(hue)} /></svg
            >${name} ${makers.get(id)}</span
          >`,
      )}
    </p>
  `
}

function label(follower: PictureFollower | undefined): string {
  const { seen, picture } = follower ?? {}
  if (picture === undefined || seen === undefined) return 'The picture has not been asked for.'
  if (picture.complete) return 'A path-traced dragon of gold on a grey floor, complete.'
  return `A path-traced dragon, ${seen.tilesDone} of ${seen.tiles} tiles final.`
}

function draw({ follower, sight }: Stay): void {
  const [target, picture, plan] = [canvas.value, follower?.picture, follower?.plan]
  const paper = target?.getContext('2d')
  if (!paper || picture === undefined || plan === undefined) return
  paper.putImageData(imageOf(picture), 0, 0)
  if (!showMakers) return
  const hues = new Map(sight.peers.map(({ id, hue }) => [id, hue]))
  for (const [number, { x, y, width, height }] of plan.tiles.entries()) {
    const hue = hues.get(follower?.makers[number] ?? '')
    if (hue === undefined || follower?.shown.has(number) !== true) continue
    paper.globalCompositeOperation = 'color'
    paper.fillStyle = `oklch(0.7 0.13 ${hue} / ${picture.complete ? 0.18 : 0.42})`
    paper.fillRect(x, y, width, height)
    paper.globalCompositeOperation = 'source-over'
  }
}

function imageOf({ width, height, pixels }: Picture): ImageData {
  const image = new ImageData(width, height)
  for (let from = 0, to = 0; from < pixels.length; from += 3, to += 4) {
    image.data[to] = pixels[from]!
    image.data[to + 1] = pixels[from + 1]!
    image.data[to + 2] = pixels[from + 2]!
    image.data[to + 3] = 255
  }
  return image
}
