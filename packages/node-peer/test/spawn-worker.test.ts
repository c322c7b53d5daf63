import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { WorkerExit, WorkerThread } from '@murmuration/core/internal'
import { afterEach, expect, test } from 'vitest'
import { createSpawnWorker } from '../src/spawn-worker.ts'
import type { SpawnWorkerOptions } from '../src/spawn-worker.ts'

const module = new URL('./fixtures/worker.mjs', import.meta.url)
const started: WorkerThread[] = []

function start(options: SpawnWorkerOptions = {}, env: Record<string, string> = {}): WorkerThread {
  const worker = createSpawnWorker({ module, ...options })(env)
  started.push(worker)
  return worker
}

function exitOf(worker: WorkerThread): Promise<WorkerExit> {
  return new Promise((resolve) => worker.onExit(resolve))
}

function answer(worker: WorkerThread, act: string): Promise<unknown> {
  return new Promise((resolve) => {
    worker.endpoint.addEventListener('message', (event: Event) => resolve((event as MessageEvent).data))
    worker.endpoint.postMessage(act, [])
  })
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.terminate()))
})

test('sees the environment it was given, and little of ours', async () => {
  process.env['SECRET_OF_THE_OPERATOR'] = 'hush'
  const env = (await answer(start({}, { MODEL: 'small', LANG: 'xx' }), 'env')) as Record<string, string>
  delete process.env['SECRET_OF_THE_OPERATOR']
  expect(env['MODEL']).toBe('small')
  expect(env['LANG']).toBe('xx')
  expect(env['PATH']).toBe(process.env['PATH'])
  const others = Object.keys(env).filter((name) => !['MODEL', 'PATH', 'HOME', 'TMPDIR', 'LANG'].includes(name))
  expect(others).toEqual([])
})

test('inherits no arguments', async () => {
  expect(await answer(start(), 'argv')).toEqual([[], []])
})

test('what it prints is caught by the line', async () => {
  const lines: string[] = []
  const both = new Promise<void>((resolve) => {
    const output: SpawnWorkerOptions['output'] = (line, stream) => {
      lines.push(`${stream}: ${line}`)
      if (lines.length === 2) resolve()
    }
    start({ output }).endpoint.postMessage('print', [])
  })
  await both
  expect(lines.sort()).toEqual(['stderr: to stderr', 'stdout: to stdout'])
})

test.each([
  ['exit', { reason: 'exit', detail: 'exit code 3' }],
  ['throw', { reason: 'uncaught', detail: expect.stringContaining('RangeError: too far') as string }],
] as const)('says how it ended: %s', async (act, wanted) => {
  const worker = start()
  const exit = exitOf(worker)
  worker.endpoint.postMessage(act, [])
  expect(await exit).toEqual(wanted)
})

test('says that it ran out of memory, and takes nobody with it', async () => {
  const worker = start({ memoryMb: 16 })
  const exit = exitOf(worker)
  worker.endpoint.postMessage('fill', [])
  expect(await exit).toMatchObject({ reason: 'out-of-memory' })
})

test('says that it was terminated, also to who asks late, once', async () => {
  const worker = start()
  const exits: WorkerExit[] = []
  worker.onExit((exit) => exits.push(exit))
  await worker.terminate()
  await worker.terminate()
  expect(exits).toEqual([{ reason: 'terminated', detail: 'ended by its peer' }])
  expect(await exitOf(worker)).toEqual(exits[0])
})

test('a module that does not exist is an uncaught error, not ours', async () => {
  const exit = await exitOf(start({ module: new URL('./fixtures/none.mjs', import.meta.url) }))
  expect(exit.reason).toBe('uncaught')
  expect(exit.detail).toContain('none.mjs')
})

test('a worker that was terminated does not keep the process alive', async () => {
  const internal = import.meta.resolve('@murmuration/node-peer/internal')
  const program = `
    const { createSpawnWorker } = await import(${JSON.stringify(internal)})
    const worker = createSpawnWorker({ module: new URL(${JSON.stringify(module.href)}) })({})
    await new Promise((resolve) => {
      worker.endpoint.addEventListener('message', resolve)
      worker.endpoint.postMessage('argv', [])
    })
    await worker.terminate()
    console.log('answered')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  expect([code, printed]).toEqual([0, 'answered\n'])
})
