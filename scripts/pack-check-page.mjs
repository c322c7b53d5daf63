// The page that Vite built from the tarballs, as visitors have it: served by `vite preview`, opened by an invite in
// Chromium, with two `murmur up` of the same tarballs. It runs tasks there and in itself, asks for a detached job, and
// its process is killed: the job's result is read by the command.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { startOrdinaryChromium } from '@murmuration/tests/browser/chromium'

/**
 * `program(name)` is that of an installed command, `run(name, args)` gives what it printed, `env` is for whatever is
 * started, in `folder`. Throws an Error with what was expected and what came.
 */
export async function checkPage({ folder, env, program, run }) {
  const running = []
  const start = (name, args) => {
    const child = spawn(program(name), args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
    running.push(child)
    return lineOf(child, `${name} ${args.join(' ')}`)
  }
  let chromium
  try {
    for (let nth = 0; nth < 2; nth++) await start('murmur', ['up', '--json', '--slots', '1'])(/"event":"up"/)
    const [, url] = await start('vite', ['preview', 'page', '--host', '127.0.0.1', '--port', '0'])(/(http:\S+)/)
    const { link } = JSON.parse(run('murmur', ['invite', '--json', '--role', 'member', '--page', url]))
    chromium = await startOrdinaryChromium()
    const page = await chromium.context.newPage()
    page.on('pageerror', (error) => process.stderr.write(`in the page: ${error}\n`))
    await page.goto(link)
    await page.waitForFunction(() => document.title === 'asked', null, { timeout: 60_000 })
    expect('what ran in the page and in Node', await page.textContent('body'), '42 and 8')
    await chromium.killPages()
    expect('the detached job', run('murmur', ['result', 'numbers', 'fib', '--timeout', '60']), '987\n')
  } finally {
    await chromium?.close()
    await Promise.all(running.map(end))
  }
}

/** Finds the next line that fits, of what it prints. */
function lineOf(child, title) {
  const lines = createInterface({ input: child.stdout })
  return (pattern) =>
    new Promise((resolve, reject) => {
      const look = (line) => {
        const found = pattern.exec(line)
        if (found) resolve(found)
      }
      lines.on('line', look)
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`${title} ended with ${code} before it printed ${pattern}`)))
    })
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

function expect(what, found, expected) {
  if (found !== expected) throw new Error(`${what}: expected ${expected}, got ${found}`)
}
