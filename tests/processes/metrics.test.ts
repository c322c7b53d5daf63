// A peer's numbers, read as a monitoring system reads them: over HTTP on loopback, by a parser of Prometheus' text.

import { request } from 'node:http'
import parse from 'parse-prometheus-text-format'
import { afterEach, expect, test } from 'vitest'
import { Terminal } from './command.ts'

let terminal: Terminal
afterEach(() => terminal.close())

test('murmur up --metrics is scraped', async () => {
  terminal = await Terminal.open()
  const peer = terminal.start('up', '--json', '--slots', '1', '--metrics', '0')
  const { name } = await peer.said(({ event }) => event === 'up')
  const { url } = (await peer.said(({ event }) => event === 'metrics')) as { url: string }
  await terminal.murmur('run', 'one-task.ts')
  const response = await fetch(url)
  expect(response.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  const text = await response.text()
  expect(text.endsWith('\n# EOF\n')).toBe(true)
  const families = new Map(parse(text).map((family) => [family.name, family]))
  expect(families.get('murmuration_peer_info')?.metrics[0]?.labels).toMatchObject({ name, kind: 'node' })
  const attempts = families.get('murmuration_attempts_total')?.metrics ?? []
  expect(attempts.find(({ labels }) => labels?.['end'] === 'value')?.value).toBe('1')
  expect(families.get('murmuration_slots')).toMatchObject({ type: 'GAUGE', metrics: [{ value: '1' }] })
  const runs = families.get('murmuration_attempt_run_seconds')
  expect(runs).toMatchObject({ type: 'HISTOGRAM', metrics: [{ count: '1', buckets: { '+Inf': '1', '3600': '1' } }] })
  expect(runs?.help).toMatch(/\w/)
})

/** With a Host header of one's own, which `fetch` does not allow. */
function statusOf(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('error', reject)
    asked.end()
  })
}

test('it tells nothing to a page that came by a name of its own, and has one address', async () => {
  terminal = await Terminal.open()
  const peer = terminal.start('up', '--json', '--slots', '1', '--metrics', '0')
  const { url } = (await peer.said(({ event }) => event === 'metrics')) as { url: string }
  expect(await statusOf(url, 'evil.example')).toBe(421)
  expect(await statusOf(url, new URL(url).host)).toBe(200)
  expect((await fetch(new URL('/', url))).status).toBe(404)
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  const taken = await terminal.murmur('up', '--metrics', new URL(url).port)
  expect(taken.err).toMatch(/the metrics: port \d+ is in use/)
})
