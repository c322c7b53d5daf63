// Pages for tests: an http server on loopback that serves one, tabs of one browser profile that open it,
// and Node peers beside them. Whatever a test does, `end` leaves no tab, no server and no process behind.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import type { JoinOptions } from '@murmuration/browser-peer'
import { Flock, until } from '../processes/flock.ts'
import type { StartOptions } from '../processes/peer-program.ts'
import { startChromium, startOrdinaryChromium, withhold } from './chromium.ts'
import type { OrdinaryChromium } from './chromium.ts'
import { readPageBundle } from './page-bundle.ts'

export interface Tab {
  readonly page: Page
  readonly id: string
  readonly life: number
}

type PeerOptions = Omit<StartOptions, 'entry' | 'home'>

interface Place {
  readonly context: BrowserContext
  /** To be ended with it. */
  readonly browser?: OrdinaryChromium
}

export class Pages {
  readonly flock: Flock
  readonly origin: string
  #context: BrowserContext
  readonly #server: Server
  readonly #browser: OrdinaryChromium | undefined

  private constructor(flock: Flock, server: Server, { context, browser }: Place) {
    this.flock = flock
    this.#context = context
    this.#browser = browser
    this.#server = server
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** With that many Node peers. */
  static async start(nodePeers: number, options: PeerOptions = {}): Promise<Pages> {
    const context = await (await startChromium()).newContext()
    return new Pages(await Flock.start(nodePeers, options), await serve(await readPageBundle()), { context })
  }

  /** The same in a browser of their own that treats pages as it does those of anybody. */
  static async startOrdinary(nodePeers: number, options: PeerOptions = {}): Promise<Pages> {
    const browser = await startOrdinaryChromium()
    const { context } = browser
    return new Pages(await Flock.start(nodePeers, options), await serve(await readPageBundle()), { context, browser })
  }

  get context(): BrowserContext {
    return this.#context
  }

  /** Closes all tabs and forgets what they kept: those that are opened next are nobody's before them, and alone. */
  async forget(): Promise<void> {
    if (this.#browser) throw new Error('forget: an ordinary browser has one profile, and keeps it')
    await this.#context.close()
    this.#context = await (await startChromium()).newContext()
    await until(async () => (await this.flock.peers[0]?.peers())?.every(({ kind }) => kind !== 'browser') ?? false)
  }

  /** Where pages knock: at the WebSocket of the first Node peer. */
  get entry(): string {
    return this.flock.peers[0]?.addresses.find((address) => address.includes('/ws/')) ?? ''
  }

  /** A tab that has joined. */
  async open(options: Partial<JoinOptions> = {}): Promise<Tab> {
    const page = await this.blank()
    return this.join(page, options)
  }

  /** A tab that has not. What is to be cut off from the network must be driven with it. */
  async blank({ withNetwork = false }: { withNetwork?: boolean } = {}): Promise<Page> {
    const page = await this.context.newPage()
    page.on('pageerror', (error) => console.error('in the page:', error))
    page.on('console', (message) => {
      if (message.type() === 'error') console.error('in the page:', message.text())
    })
    if (!withNetwork) await withhold(page)
    await page.goto(this.origin)
    return page
  }

  async join(page: Page, options: Partial<JoinOptions> = {}): Promise<Tab> {
    const key = (await readFile(join(this.flock.home, 'mesh.key'))).toString('hex')
    const whole = { entry: [this.entry], slots: 1, ...options }
    const joined = await page.evaluate(([given, secret]) => doors.joinWithKey(given, secret), [whole, key] as const)
    return { page, ...joined }
  }

  /** SIGKILL to the processes of all pages, in an ordinary browser. */
  async killPages(): Promise<void> {
    if (!this.#browser) throw new Error('killPages: only in a browser of its own: startOrdinary')
    await this.#browser.killPages()
  }

  async end(): Promise<void> {
    await (this.#browser ?? this.context).close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.flock.end()
  }
}

/** Resolves once it is so in a page, which asks itself: to be asked from here costs it and us several times as much. */
export async function untilIn<Arg>(page: Page, isSo: (arg: Arg) => boolean, arg: Arg): Promise<void> {
  await page.waitForFunction(isSo as never, arg, { timeout: 60_000, polling: 20 })
}

async function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
    response.end(
      isScript ? script : '<!doctype html><title>a peer</title><script type="module" src="/page.js"></script>',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
