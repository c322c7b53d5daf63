// Six pages, of which one at a time crashes, is closed or reloaded, and is replaced. Which one and how follows from
// the seed; the first is spared, so that there is a page whose memory can be followed from beginning to end.

import type { Rng } from '@murmuration/core/internal'
import type { Page } from 'playwright-core'
import type { Site } from '../site.ts'

export const faults = ['crashed', 'closed', 'reloaded'] as const
export type Fault = (typeof faults)[number]

const count = 6

export interface Member {
  readonly page: Page
  readonly name: string
  readonly since: number
}

export interface Strike {
  readonly fault: Fault
  readonly member: Member
}

export class FlockOfPages {
  readonly members: Member[] = []
  readonly #site: Site
  readonly #random: Rng

  constructor(site: Site, random: Rng) {
    this.#site = site
    this.#random = random
  }

  /** Opens as many as are missing. Rejects when one cannot join. */
  async grow(): Promise<void> {
    while (this.members.length < count) this.members.push(await this.#open())
  }

  /** What is done next, and to whom: never to the first. */
  aim(): Strike {
    const member = this.members[1 + this.#random.below(this.members.length - 1)] as Member
    return { fault: this.#random.pick(faults) as Fault, member }
  }

  /** Resolves when it has happened; `grow` makes up for it. */
  async strike({ fault, member }: Strike): Promise<void> {
    this.members.splice(this.members.indexOf(member), 1)
    const { page } = member
    if (fault === 'reloaded') {
      await page.reload()
      this.members.push(await arrived(page))
      return
    }
    if (fault === 'crashed') await crash(page)
    await page.close()
  }

  async #open(): Promise<Member> {
    return arrived(await this.#site.show(this.#site.addressWith({ slots: 1, taskOutput: 'none' })))
  }
}

async function arrived(page: Page): Promise<Member> {
  const { name } = await page.evaluate(() => doors.arrival)
  return { page, name, since: performance.now() }
}

async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const crashed = page.waitForEvent('crash')
  // There is nobody left to answer.
  session.send('Page.crash').catch(() => undefined)
  await crashed
}
