// The one Chromium of a test file: started when it is first asked for, with everything off that would
// make it talk to anybody or throttle what it runs.

import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

export const chromiumPath = process.env['MURMURATION_CHROMIUM'] ?? '/usr/bin/chromium'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

let browser: Promise<Browser> | undefined

export function startChromium(): Promise<Browser> {
  return (browser ??= chromium.launch({ executablePath: chromiumPath, args, headless: true }))
}

export async function endChromium(): Promise<void> {
  await (await browser)?.close()
  browser = undefined
}
