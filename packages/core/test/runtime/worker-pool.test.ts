// The pool on real threads, and what it does when threads do not come up.

import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { describe, expect, test } from 'vitest'
import { Reports, TestContext } from '../../../../tests/contract/worker-pool-support.ts'
import { workerActorsContract } from '../../../../tests/contract/worker-actors.ts'
import { contractConfig, workerPoolContract } from '../../../../tests/contract/worker-pool.ts'
import { type AttemptId, type CodeId, codeObject, type TaskId } from '../../src/model/ids.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import type { Platform, Sha256, SpawnWorker, WorkerExit } from '../../src/runtime/ports.ts'
import { shareMemory } from '../../src/runtime/shared-memory.ts'
import { createWorkerPool } from '../../src/runtime/worker-pool.ts'
import { decode, encodeArgs } from '../../src/runtime/values.ts'

const sha256: Sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')

const spawnWorker: SpawnWorker = (env) => {
  const worker = new Worker(new URL('../fixtures/worker.mjs', import.meta.url), {
    env: { ...env },
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  })
  let told: WorkerExit | undefined
  worker.on('error', (error: Error & { code?: string }) => {
    const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out-of-memory' : 'uncaught'
    told = { reason, detail: error.message }
  })
  return {
    endpoint: nodeEndpoint(worker),
    onExit: (listener) => worker.once('exit', (code) => listener(told ?? { reason: 'exit', detail: `code ${code}` })),
    terminate: async () => {
      await worker.terminate()
    },
  }
}

const platform: Pick<Platform, 'spawnWorker' | 'codeUrl' | 'sha256' | 'shareMemory'> = {
  spawnWorker,
  shareMemory,
  sha256,
  codeUrl: async (_, source) => `data:text/javascript;base64,${Buffer.from(source).toString('base64')}`,
}

workerPoolContract(
  'worker threads',
  () => {
    const store = new MemoryStore(4 * 1024 * 1024)
    return { store, sha256, create: (host) => createWorkerPool({ platform, store, config: contractConfig, host }) }
  },
  { exit: 'process.exit(3)', memory: true, recall: true },
)

for (const share of [shareMemory, undefined]) {
  workerActorsContract(
    share ? 'worker threads' : 'worker threads without shared memory',
    () => {
      const store = new MemoryStore(4 * 1024 * 1024)
      const options = { platform: { ...platform, shareMemory: share }, store, config: contractConfig }
      return { store, sha256, create: (host) => createWorkerPool({ ...options, host }) }
    },
    { exit: 'process.exit(3)' },
  )
}

workerPoolContract(
  'worker threads without shared memory',
  () => {
    const store = new MemoryStore(4 * 1024 * 1024)
    const options = { platform: { ...platform, shareMemory: undefined }, store, config: contractConfig }
    return { store, sha256, create: (host) => createWorkerPool({ ...options, host }) }
  },
  { exit: 'process.exit(3)', memory: true },
)

describe('a worker that never comes up', () => {
  test('is tried three times, then its attempts are reported', async () => {
    let spawned = 0
    const dead: SpawnWorker = () => {
      spawned++
      const { port1 } = new MessageChannel()
      return {
        endpoint: { postMessage: () => {}, addEventListener: () => {}, removeEventListener: () => {} },
        onExit: (listener) => queueMicrotask(() => listener({ reason: 'uncaught', detail: 'no such module' })),
        terminate: async () => port1.close(),
      }
    }
    const id = 't#1' as AttemptId
    const store = new MemoryStore(1000)
    await store.put(codeObject('c' as CodeId), new Uint8Array(1))
    const exit = await new Promise((resolve) => {
      const nothing = (): void => {}
      const pool = createWorkerPool({
        platform: { ...platform, spawnWorker: dead },
        store,
        config: contractConfig,
        host: {
          envOf: () => ({}),
          openContext: () => {
            throw new Error('unused')
          },
          reports: {
            done: nothing,
            item: nothing,
            blocked: nothing,
            unblocked: nothing,
            returned: nothing,
            built: nothing,
            snapshot: nothing,
            logged: nothing,
            exited: (...all) => resolve(all),
          },
        },
      })
      const order = {
        id,
        task: 't' as TaskId,
        attempt: 1,
        code: 'c' as CodeId,
        fn: 'f',
        inputs: [],
        stream: null,
        ...argsOf(),
      }
      pool.run(0, [order])
    })
    expect(exit).toEqual([0, { reason: 'uncaught', detail: 'no such module' }, [id], []])
    expect(spawned).toBe(3)
  })
})

test('a bundle that cannot be put where workers find it is given back with the reason, until it can', async () => {
  const code = 'c' as CodeId
  const store = new MemoryStore(1000)
  await store.put(codeObject(code), new TextEncoder().encode('export const f = () => 7'))
  let isFull = true
  const codeUrl: Platform['codeUrl'] = (id, source) =>
    isFull ? Promise.reject(new Error('the disk is full')) : platform.codeUrl(id, source)
  const reports = new Reports()
  const openContext = (): never => {
    throw new Error('unused')
  }
  const host = { envOf: () => ({}), openContext, reports }
  const pool = createWorkerPool({ platform: { ...platform, codeUrl }, store, config: contractConfig, host })
  const run = async (nth: number): Promise<unknown> => {
    const id = `t${nth}#1` as AttemptId
    pool.run(0, [{ id, task: `t${nth}` as TaskId, attempt: 1, code, fn: 'f', inputs: [], stream: null, ...argsOf() }])
    await reports.until(() => reports.outcomes.has(id))
    return reports.outcomes.get(id)
  }
  expect(await run(1)).toEqual({ type: 'returned', reason: 'its code cannot be loaded here: the disk is full' })
  expect(await run(2)).toMatchObject({ type: 'returned' })
  expect(reports.lines).toEqual(['error: code c cannot be loaded here: the disk is full'])
  isFull = false
  expect(await run(3)).toMatchObject({ type: 'inline' })
  await pool.close()
})

describe('a worker that has imported too many bundles', () => {
  test('is replaced when it is idle, and its attempts notice nothing', async () => {
    let spawned = 0
    const counted: SpawnWorker = (env) => {
      spawned++
      return spawnWorker(env)
    }
    const store = new MemoryStore(10_000)
    const reports = new Reports()
    const host = { envOf: () => ({}), openContext: (attempt: AttemptId) => new TestContext(attempt, sha256), reports }
    const pool = createWorkerPool({
      platform: { ...platform, spawnWorker: counted },
      store,
      config: contractConfig,
      host,
    })
    for (let n = 0; n < contractConfig.maxCodes + 3; n++) {
      const code = sha256(`${n}`) as CodeId
      await store.put(codeObject(code), new TextEncoder().encode(`export const f = () => ${n}`))
      const id = `t${n}#1` as AttemptId
      pool.run(0, [{ id, task: `t${n}` as TaskId, attempt: 1, code, fn: 'f', inputs: [], stream: null, ...argsOf() }])
      await reports.until(() => reports.outcomes.has(id))
      const { bytes } = reports.outcomes.get(id) as { bytes: Uint8Array }
      expect(decode(bytes)).toBe(n)
    }
    expect([spawned, reports.exits]).toEqual([2, []])
    await pool.close()
  })
})

function argsOf(): { args: Uint8Array; refs: [] } {
  return { args: encodeArgs([]).bytes, refs: [] }
}
