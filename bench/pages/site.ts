// Where pages are measured: a browser with a new profile, and a server on loopback that hands out the page's program
// from memory. A tab is what one visitor opens; nobody else's pages are in that browser, so that what its
// processes use is what these pages use.

import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { startOrdinaryChromium, withhold } from '@murmuration/tests/browser/chromium'
import type { OrdinaryChromium } from '@murmuration/tests/browser/chromium'
import { pageProgram } from './bundle.ts'
import type { Arrival, PageOrder } from './page-program.ts'

export interface Tab extends Arrival {
  readonly page: Page
}

export interface SiteOptions {
  /** What pages complained of. */
  readonly say: (line: string) => void
}

export class Site {
  readonly #chromium: OrdinaryChromium
  readonly #server: Server
  readonly #say: (line: string) => void
  /** What an invite leads to, once there is one. */
  link = ''

  private constructor(chromium: OrdinaryChromium, server: Server, { say }: SiteOptions) {
    this.#chromium = chromium
    this.#server = server
    this.#say = say
  }

  static async open(options: SiteOptions): Promise<Site> {
    const server = await serve(await pageProgram())
    try {
      return new Site(await startOrdinaryChromium(), server, options)
    } catch (error) {
      server.close()
      throw error
    }
  }

  /** Where the program is, to be named in invites. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** The profile that all tabs share but those that ask for another. */
  get context(): BrowserContext {
    return this.#chromium.context
  }

  get browser(): Browser {
    return this.context.browser() as Browser
  }

  /** A tab that has joined. */
  async open(order: PageOrder = {}, context: BrowserContext = this.context): Promise<Tab> {
    const page = await this.show(this.addressWith(order), context)
    return { page, ...(await page.evaluate(() => doors.arrival)) }
  }

  addressWith(order: PageOrder): string {
    return this.link.replace('#', `?order=${encodeURIComponent(JSON.stringify(order))}#`)
  }

  async show(address: string, context: BrowserContext = this.context): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', (error) => this.#say(`in a page: ${String(error)}`))
    // Nobody has the frames of their pages told to anybody.
    await withhold(page)
    await page.goto(address)
    return page
  }

  /** To the browser itself rather than to a page. */
  session(): Promise<CDPSession> {
    return this.browser.newBrowserCDPSession()
  }

  async close(): Promise<void> {
    await this.#chromium.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const html = '<!doctype html><title>a peer</title><script type="module" src="/page.js"></script>'

/** Packed beforehand, as a server would keep it. */
async function serve(script: Uint8Array): Promise<Server> {
  const packed = gzipSync(script)
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
    if (isScript) response.setHeader('content-encoding', 'gzip')
    response.end(isScript ? packed : html)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
