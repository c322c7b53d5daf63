// What fills the frame that sandbox.ts puts into the page: its policy, the document, and the script that its workers run.
// Loaded apart from what the page needs to join.

import { frameScript, workerScript } from '../scripts.js'
import type { Setup } from './messages.ts'

const policy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob: data:",
  'worker-src blob:',
  "connect-src 'none'",
].join('; ')

export interface Filling {
  /** Its end of the conversation with the frame goes there. */
  readonly port: MessagePort
  /** What its workers run. Default: our own. */
  readonly script?: string | undefined
}

export function fillFrame(element: HTMLIFrameElement, { port, script = workerScript }: Filling): void {
  element.setAttribute('sandbox', 'allow-scripts')
  element.setAttribute('aria-hidden', 'true')
  element.tabIndex = -1
  element.title = 'Murmuration’s workers'
  element.style.display = 'none'
  element.srcdoc = documentOf(frameScript)
  const setup: Setup = { murmuration: 'frame', workerScript: script }
  // Its origin is nobody's, so it cannot be named here. Task code never runs in that document.
  element.addEventListener('load', () => element.contentWindow?.postMessage(setup, '*', [port]), { once: true })
  document.documentElement.append(element)
}

function documentOf(script: string): string {
  const text = script.replaceAll('</script', String.raw`<\/script`)
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><script>${text}</script>`
}
