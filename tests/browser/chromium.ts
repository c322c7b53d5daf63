// The one Chromium of a test process, which costs as much to start as many a test: started when it is first asked for, ended
// with the process, with everything off that would make it talk to anybody or throttle what it runs. And one that is as
// people have it: Playwright keeps every page of its own awake, and such a page cannot be frozen.

import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export const chromiumPath = process.env['MURMURATION_CHROMIUM'] ?? '/usr/bin/chromium'

const unwanted = [
  'WebRtcHideLocalIpsWithMdns',
  // A process kept ready for the next page costs as much as one that is used.
  'SpareRendererForSitePerProcess',
  // Pages of the address bar, which each window loads into a process of its own: they cost more than the window’s page does.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
]

/** What asks somebody on the network by itself. Playwright has it off, too, but only the last list given counts. */
const callers = [
  'AimEnabled',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PreconnectToSearch',
]

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${[...unwanted, ...callers].join()}`,
]

/** As it says itself. Throws an Error when it is not there. */
export function chromiumVersion(): string {
  try {
    return execFileSync(chromiumPath, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    throw new Error(
      `${chromiumPath} cannot be started: install Chromium there, or name another one in MURMURATION_CHROMIUM`,
    )
  }
}

let browser: Promise<Browser> | undefined

export function startChromium(): Promise<Browser> {
  return (browser ??= launch())
}

/** One that could not be started, or has ended, is another's to start anew. */
async function launch(): Promise<Browser> {
  const forget = (): void => void (browser = undefined)
  // Told to end by a signal, Playwright takes its time, and its profile stays when that is up. When the process exits it does not.
  process.once('SIGTERM', () => process.exit())
  try {
    const options = { executablePath: chromiumPath, args, headless: true, handleSIGTERM: false }
    return (await chromium.launch(options)).on('disconnected', forget)
  } catch (error) {
    forget()
    throw error
  }
}

export interface OrdinaryChromium {
  readonly context: BrowserContext
  /** SIGKILL to every process that holds a page. */
  killPages(): Promise<void>
  close(): Promise<void>
}

/** With one profile, new and empty; its pages are hidden, held back and frozen as anybody’s are. */
export async function startOrdinaryChromium(): Promise<OrdinaryChromium> {
  const profile = await mkdtemp(join(tmpdir(), 'murmuration-chromium-'))
  // Nothing is said through the pipe; but when it closes, because this process is gone, the browser ends.
  // Its first tab is an empty one: a new tab's page goes from process to process while one connects to it.
  const own = [
    '--headless',
    '--remote-debugging-port=0',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    'about:blank',
  ]
  const child = spawn(chromiumPath, [...args, ...own], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
  const exit = once(child, 'exit')
  const words = lastWordsOf(child)
  let isWanted = false
  void exit.then(([code, signal]) => {
    if (!isWanted)
      console.error(`${chromiumPath} ended by itself, with ${String(signal ?? code)}:\n${words.join('\n')}`)
  })
  const end = async (): Promise<void> => {
    isWanted = true
    child.kill('SIGKILL')
    await exit
    // Its processes end after it, and until then they may write.
    await rm(profile, { recursive: true, force: true, maxRetries: 10 })
  }
  try {
    const browser = await chromium.connectOverCDP(await addressOf(child.stderr as Readable), { noDefaults: true })
    const context = browser.contexts()[0] as BrowserContext
    return { context, killPages: () => killPages(browser), close: end }
  } catch (error) {
    await end()
    throw error
  }
}

/**
 * Has nothing of its network told to Playwright, which asks for a copy of every frame of a WebSocket, as text, with no
 * way to say no: that costs several times what the frames do. Its events and routes of the network end with it.
 */
export async function withhold(page: Page): Promise<void> {
  const { _connection: connection } = page as unknown as { _connection: { toImpl(page: Page): Driven } }
  await connection.toImpl(page).delegate._mainFrameSession._client.send('Network.disable')
}

/** What Playwright keeps of a page, in its pinned version: the line to Chromium that it asked on. */
interface Driven {
  readonly delegate: { readonly _mainFrameSession: { readonly _client: { send(method: string): Promise<unknown> } } }
}

async function killPages(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  for (const { type, id } of processInfo) if (type === 'renderer') process.kill(id, 'SIGKILL')
  await session.detach()
}

/** Of its standard error, as long as it has not ended. */
function lastWordsOf({ stderr }: ChildProcess): string[] {
  const words: string[] = []
  createInterface({ input: stderr as Readable }).on('line', (line) => {
    words.push(line)
    if (words.length > 30) words.shift()
  })
  return words
}

function addressOf(stderr: Readable): Promise<string> {
  const lines = createInterface({ input: stderr })
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const [, address] = /^DevTools listening on (\S+)/.exec(line) ?? []
      if (address !== undefined) resolve(address)
    })
    lines.once('close', () => reject(new Error(`${chromiumPath} ended before it could be driven`)))
  })
}
