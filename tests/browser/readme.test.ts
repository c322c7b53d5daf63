// The README's programs, word for word: in Node with a page among their peers, and in a page, where only the import
// is another, since a page has to be told whom to join. How far primes.ts counts is made less, or it takes minutes.

import { execFile } from 'node:child_process'
import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { afterEach, expect, test } from 'vitest'
import { makeInvite } from '@murmuration/node-peer/internal'
import { until } from '../processes/flock.ts'
import { Pages } from './pages.ts'

const root = new URL('../../', import.meta.url)
const murmur = fileURLToPath(new URL('packages/murmuration/bin/murmur.js', root))

let pages: Pages

afterEach(() => pages.end())

async function programNamed(name: string): Promise<string> {
  const readme = await readFile(new URL('README.md', root), 'utf8')
  const [, text] = new RegExp(`\`\`\`ts\\n(// ${name}\\n[^]*?)\`\`\``).exec(readme) ?? []
  if (text === undefined) throw new Error(`the README has no ${name}`)
  return text.replaceAll('500_000', '5_000')
}

/** With `murmur run`, as the README says. */
async function runInNode(name: string): Promise<string> {
  const { home } = pages.flock
  await writeFile(join(home, name), await programNamed(name))
  const { MURMURATION_ENTRY: _entry, ...env } = process.env
  const options = { cwd: home, env: { ...env, MURMURATION_HOME: home, NO_COLOR: '1' } }
  return (await promisify(execFile)(process.execPath, [murmur, 'run', name], options)).stdout
}

test('they run in Node with a page among their peers', async () => {
  pages = await Pages.start(1, { slots: 0 })
  await symlink(fileURLToPath(new URL('node_modules', root)), join(pages.flock.home, 'node_modules'))
  const { id } = await pages.open()
  const node = pages.flock.peers[0]
  await until(async () => (await node?.peers())?.some((peer) => peer.id === id) ?? false)
  expect(await runInNode('hello.ts')).toBe('303 primes below 2000; peers here: 3\n')
  // Of this one's peers only the page has a slot.
  expect(await runInNode('primes.ts')).toBe('41538 primes below 50 million; 0 of 100 counts were there already\n')
  expect(await runInNode('primes.ts')).toBe('41538 primes below 50 million; 100 of 100 counts were there already\n')
})

test('they run in a page', async () => {
  pages = await Pages.start(1)
  const { home } = pages.flock
  const { link } = await makeInvite({ home, role: 'member', forMs: 600_000, entry: [pages.entry] })
  const page = await pages.blank()
  const run = async (name: string): Promise<string> => {
    const [imports = '', ...rest] = (await programNamed(name)).split(/(?<=from 'murmuration'\n)/)
    expect(imports).toContain("import { joinMesh } from 'murmuration'\n")
    const ours = `const joinMesh = (options) => doors.joinMesh({ entry: [${JSON.stringify(link)}], ...options })\n`
    const { code } = await transform(ours + rest.join(''), { loader: 'ts', format: 'esm' })
    const printed = page.waitForEvent('console', (message) => message.type() === 'log')
    await page.addScriptTag({ type: 'module', content: code })
    return (await printed).text()
  }
  expect(await run('hello.ts')).toBe('303 primes below 2000; peers here: 2')
  expect(await run('primes.ts')).toBe('41538 primes below 50 million; 0 of 100 counts were there already')
})
