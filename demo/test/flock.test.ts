// What the demo makes of its processes: how they share the cores, when some are killed, and what is said of one that could not start.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { firstReport, slotsPerPeer } from '../dragon/flock.ts'
import { killTimes } from '../dragon/deaths.ts'

test.each([
  [3, 2, [1, 1, 1]],
  [3, 8, [3, 3, 2]],
  [1, 4, [4]],
  [4, 4, [1, 1, 1, 1]],
])('%i peers on %i cores', (peers, cores, slots) => {
  expect(slotsPerPeer(peers, cores)).toEqual(slots)
})

test('kills are spread over the work, and leave some of it for the survivors', () => {
  expect(killTimes(1000, 0)).toEqual([])
  expect(killTimes(1000, 2)).toEqual([300, 600])
  expect(killTimes(1000, 3)).toEqual([200, 400, 600])
})

test.each([
  ['was killed before anybody listened', "process.kill(process.pid, 'SIGKILL')", 'it ended with SIGKILL'],
  ['ended before anybody listened', 'process.exit(3)', 'it ended with 3'],
])('a peer that %s is no riddle', async (_, program, message) => {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  await once(child, 'exit')
  expect(await firstReport(child)).toEqual({ type: 'trouble', message })
})
