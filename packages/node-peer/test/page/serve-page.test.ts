// The page's server: its files as they are, headers that keep it to itself, and nothing else.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { servePage, type ServedPage } from '../../src/page/serve-page.ts'

let folder: string
let page: ServedPage | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'murmuration-page-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>a page</title>')
  writeFileSync(join(folder, 'assets/main-1f.js'), 'export const x = 1\n'.repeat(200))
})

afterEach(async () => {
  await page?.close()
  page = undefined
  rmSync(folder, { recursive: true })
})

test('the page, under / and its name, cannot be framed or guessed at', async () => {
  page = await servePage({ folder })
  for (const path of ['', 'index.html', '?x=1']) {
    const response = await fetch(page.url + path)
    expect(await response.text()).toContain('a page')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    })
  }
})

test('assets are zipped and kept for ever', async () => {
  page = await servePage({ folder })
  const response = await fetch(`${page.url}assets/main-1f.js`)
  expect(await response.text()).toContain('export const x')
  expect(response.headers.get('content-encoding')).toBe('gzip')
  expect(response.headers.get('cache-control')).toContain('immutable')
})

test('given files stand in for its own', async () => {
  page = await servePage({ folder, files: { '/dragon.ply.gz': new Uint8Array([1, 2, 3]) } })
  const response = await fetch(`${page.url}dragon.ply.gz`)
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]))
})

test.each(['nothing', '../package.json', '%2e%2e/package.json', 'assets/', 'index.html/'])('no %s', async (path) => {
  page = await servePage({ folder })
  expect((await fetch(page.url + path)).status).toBe(404)
})

test('it can only be read', async () => {
  page = await servePage({ folder })
  expect((await fetch(page.url, { method: 'POST' })).status).toBe(405)
  const head = await fetch(page.url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('a port in use, and a page that was not built, are told', async () => {
  page = await servePage({ folder })
  const port = Number(new URL(page.url).port)
  await expect(servePage({ folder, port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `the page: port ${port} is in use by another process: choose another one, or 0 for any free one`,
  })
  rmSync(join(folder, 'index.html'))
  await expect(servePage({ folder })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
