// `murmur up --page`: the link that it prints leads to a page, and says nothing to the server that gives it out.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseInvite } from '@murmuration/core/internal'
import { Terminal } from './command.ts'

let terminal: Terminal

beforeEach(async () => {
  terminal = await Terminal.open()
})

afterEach(() => terminal.close())

test('its link opens a page with an invite for workers, which leads to this peer', async () => {
  const { peer, addresses } = await terminal.up('--page')
  const { link } = await peer.said(({ event }) => event === 'page')
  const { role, entry } = parseInvite(String(link))
  expect(role).toBe('worker')
  expect(addresses).toEqual(expect.arrayContaining([...entry]))
  const response = await fetch(String(link))
  expect(response.headers.get('content-security-policy')).toBe("frame-ancestors 'none'")
  expect(await response.text()).toMatch(/Content-Security-Policy" content="default-src 'none'/)
  peer.signal('SIGINT')
  expect(await peer.ended).toMatchObject({ code: 0 })
})

test('a port in use is told, and the peer leaves', async () => {
  const { peer } = await terminal.up('--page')
  const { link } = await peer.said(({ event }) => event === 'page')
  const second = await terminal.murmur('up', '--page-port', new URL(String(link)).port)
  expect(second.err).toMatch(/the page: port \d+ is in use by another process/)
  expect(second.code).not.toBe(0)
})
