// Real programs and real task functions on a simulated mesh: what they see of time, of each other and of faults.

import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { simulateMesh } from '../src/mesh/index.ts'
import type { SimReport, SimulateOptions } from '../src/mesh/index.ts'
import type { Mesh } from '@murmuration/core/internal'
import type * as tasks from './fixtures/work.task.ts'

const moduleUrl = new URL('./fixtures/work.task.ts', import.meta.url)
const work = (mesh: Mesh) => mesh.use<typeof tasks>(moduleUrl)

describe('a program on a simulated mesh', () => {
  test('calls functions on all its peers and gets their results', async () => {
    const sum = await simulateMesh({ peers: 3, seed: 1 }).run(async (mesh) => {
      const { half } = await work(mesh)
      const halves = await mesh.get(Array.from({ length: 100 }, (_, x) => half(x)))
      expect(mesh.peers()).toHaveLength(3)
      return halves.reduce((a, b) => a + b)
    })
    expect(sum).toBe(2_475)
  })

  test('nested tasks wait for each other without end', async () => {
    await simulateMesh({ peers: 2, seed: 2, slots: 1 }).run(async (mesh) => {
      const { sumTo } = await work(mesh)
      expect(await sumTo(12).get()).toBe(78)
    })
  })

  test('what tasks read from disk takes no virtual time; what durationMs says does, and so do timers', async () => {
    const path = fileURLToPath(moduleUrl)
    const durationMs = (fn: string): number => (fn === 'half' ? 5_000 : 0)
    await simulateMesh({ peers: 1, seed: 3, durationMs }).run(async (mesh, stage) => {
      const { half, lengthOfThisFile, nap } = await work(mesh)
      const begun = stage.now()
      expect(await lengthOfThisFile(path).get()).toBeGreaterThan(500)
      expect(stage.now() - begun).toBeLessThan(100)
      await half(1).get()
      expect(stage.now() - begun).toBeGreaterThan(5_000)
      expect(await nap(60_000).get()).toBe(60_000)
      const before = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 600_000))
      expect(Date.now() - before).toBe(600_000)
    })
  })

  test('what came with a module is there', async () => {
    await simulateMesh({ peers: 2, seed: 5 }).run(async (mesh) => {
      const assets = [new URL('./fixtures/birds.txt', import.meta.url)]
      const { birds } = await mesh.use<typeof tasks>(moduleUrl, { assets })
      expect(await mesh.get([birds(), birds()])).toEqual([
        ['wren', 'owl'],
        ['wren', 'owl'],
      ])
    })
  })

  test('a task is cancelled, and what does not listen loses its worker', async () => {
    await simulateMesh({ peers: 2, seed: 4 }).run(async (mesh, stage) => {
      const { untilAborted, nap, half } = await work(mesh)
      const listens = untilAborted()
      const deaf = nap(1_000_000)
      await stage.elapse(1_000)
      await Promise.all([listens.cancel('enough'), deaf.cancel('enough')])
      expect(stage.now()).toBeLessThan(60_000)
      await expect(listens.get()).rejects.toMatchObject({ code: 'TASK_CANCELLED' })
      await expect(deaf.get()).rejects.toMatchObject({ code: 'TASK_CANCELLED' })
      expect(await half(4).get()).toBe(2)
    })
  })

  test('get with a timeout gives up in virtual time', async () => {
    await simulateMesh({ peers: 2, seed: 5 }).run(async (mesh, stage) => {
      const { nap } = await work(mesh)
      const begun = stage.now()
      await expect(nap(600_000).get({ timeoutMs: 30_000 })).rejects.toMatchObject({ code: 'GET_TIMEOUT' })
      expect(stage.now() - begun).toBeCloseTo(30_000, -2)
    })
  })

  test('errors come back as they were thrown', async () => {
    await simulateMesh({ peers: 2, seed: 6 }).run(async (mesh) => {
      const { fails } = await work(mesh)
      await expect(fails().get()).rejects.toMatchObject({
        code: 'TASK_FAILED',
        cause: { name: 'RangeError', message: 'as it must' },
      })
    })
  })

  test('streams, large values and actors go their ways', async () => {
    await simulateMesh({ peers: 4, seed: 7 }).run(async (mesh) => {
      const { countTo, bytes, sumOf, Counter } = await work(mesh)
      const seen: number[] = []
      for await (const n of countTo(30)) seen.push(n)
      expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
      expect(await sumOf(bytes(200_000, 1), bytes(100_000, 2)).get()).toBe(400_000)
      const counter = Counter.spawn(1)
      for (let n = 0; n < 10; n++) counter.add(n)
      expect(await counter.add(0).get()).toBe(46)
    })
  })

  test('modules are each worker’s own', async () => {
    await simulateMesh({ peers: 1, slots: 1, seed: 8 }).run(async (mesh) => {
      const { runsHere } = await work(mesh)
      expect(await mesh.get([runsHere(), runsHere.with({ key: 'b' })()])).toEqual([1, 2])
    })
    await simulateMesh({ peers: 1, slots: 1, seed: 8 }).run(async (mesh) => {
      expect(await (await work(mesh)).runsHere().get()).toBe(1)
    })
  })
})

describe('under churn', () => {
  const job = async (mesh: Mesh): Promise<number> => {
    const { half, sumTo, bytes, sumOf, Counter, countTo } = await work(mesh)
    let total = 0
    const counter = Counter.with({ restarts: -1, callRetries: -1, onceOnly: true }).spawn(0)
    for await (const value of mesh.map([...Array(150).keys()], (x) => half.with({ retries: -1 })(x), { ahead: 10 }))
      total += value
    const parts = Array.from({ length: 4 }, (_, n) => bytes.with({ retries: -1, key: String(n) })(100_000, n))
    total += await sumOf
      .with({ retries: -1 })(...parts)
      .get()
    for (let n = 1; n <= 20; n++) await counter.add(n).get()
    total += await counter.add(0).get()
    total += await sumTo.with({ retries: -1 })(8).get()
    for await (const n of countTo.with({ retries: -1 })(20)) total += n
    return total
  }
  const expected = 5_587.5 + 600_000 + 210 + 36 + 210

  async function reportOf(options: SimulateOptions): Promise<SimReport> {
    const sim = simulateMesh(options)
    expect(await sim.run(job), `seed ${sim.seed}`).toBe(expected)
    return sim.report as SimReport
  }

  const durationMs = (): number => 400

  test('the answer is right for every seed, and there were faults', async () => {
    let faults = 0
    for (let seed = 1; seed <= 5; seed++)
      faults += (await reportOf({ peers: 5, seed, faults: 'churn', durationMs })).faults.length
    expect(faults).toBeGreaterThan(25)
  })

  test('same seed, same trace; another seed, another', async () => {
    const options = { peers: 5, seed: 11, faults: 'churn', durationMs } as const
    const [first, second, other] = [
      await reportOf(options),
      await reportOf(options),
      await reportOf({ ...options, seed: 12 }),
    ]
    expect(second).toEqual(first)
    expect(other.traceHash).not.toBe(first.traceHash)
  })

  test('two simulations at once do not disturb each other', async () => {
    const options = { peers: 4, seed: 13, faults: ['kill', 'cut'], durationMs } as const
    const alone = await reportOf(options)
    const [one, two] = await Promise.all([reportOf(options), reportOf(options)])
    expect([one, two]).toEqual([alone, alone])
  })
})

describe('by hand', () => {
  test('a task that ran on a killed peer is run again elsewhere', async () => {
    await simulateMesh({ peers: 3, seed: 20, durationMs: () => 0 }).run(async (mesh, stage) => {
      const { nap } = await work(mesh)
      const retried: string[] = []
      mesh.addEventListener('task:retried', ({ detail }) => void retried.push(detail.type))
      const ref = nap.with({ needs: { peer: 'peer-2' } })(20_000)
      await stage.elapse(5_000)
      stage.kill('peer-2')
      await stage.elapse(5_000)
      stage.restart('peer-2')
      expect(await ref.get()).toBe(20_000)
      expect(retried).toEqual(['task:retried'])
    })
  })

  test('a peer that is cut off is found dead, and comes back', async () => {
    await simulateMesh({ peers: 3, seed: 21 }).run(async (mesh, stage) => {
      stage.cut(['peer-3'])
      await stage.elapse(10_000)
      expect(mesh.peers({ state: 'dead' }).map(({ name }) => name)).toEqual(['peer-3'])
      stage.heal()
      await stage.elapse(60_000)
      expect(mesh.peers()).toHaveLength(3)
      expect(() => stage.kill('peer-9')).toThrow(/no peer peer-9 .* there are peer-1, peer-2, peer-3/)
    })
  })
})

describe('a run that fails', () => {
  test('says which seed to run again, and throws what was thrown', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const sim = simulateMesh({ peers: 2, seed: 30, faults: ['kill'] })
      await expect(sim.run(() => Promise.reject(new Error('not so')))).rejects.toThrow('not so')
      expect(String(written.mock.calls[0]?.[0])).toMatch(
        /^simulateMesh: the run with seed 30 failed after .* s of virtual time and \d+ faults; the same run again: simulateMesh\(\{ peers: 2, seed: 30, faults: \['kill'\], … \}\)\n$/,
      )
    } finally {
      written.mockRestore()
    }
  })

  test('does not wait for ever, and says what for', async () => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      const sim = simulateMesh({ peers: 2, seed: 31, limitMs: 20_000 })
      const run = sim.run(async (mesh) => (await work(mesh)).nap(1_000_000).get())
      await expect(run).rejects.toMatchObject({ code: 'GET_TIMEOUT' })
      await expect(run).rejects.toThrow(/has not ended after 20 s of virtual time; it waits: .*nap/)
    } finally {
      written.mockRestore()
    }
  })

  test('bad options say what was expected', () => {
    expect(() => simulateMesh({ peers: 0 })).toThrow(
      /simulateMesh: peers must be a whole number from 1 to 100; received 0/,
    )
    expect(() => simulateMesh({ faults: 'chrun' as 'churn' })).toThrow(
      /faults must be 'none', 'churn' or a list of kill, freeze, slow, cut; received "chrun"/,
    )
    expect(() => simulateMesh({ peer: 3 } as SimulateOptions)).toThrow(/no option peer \(did you mean peers\?\)/)
  })

  test('leaves the globals as they were', async () => {
    const before = [setTimeout, setImmediate, Date.now, Math.random, Object.keys(performance)]
    await simulateMesh({ peers: 1, seed: 32 }).run(() => {})
    expect([setTimeout, setImmediate, Date.now, Math.random, Object.keys(performance)]).toEqual(before)
  })
})
