import { expect, test } from 'vitest'
import { jobName, viewOf } from '../../dragon/plan.ts'
import { whatIsMissing } from '../../page/src/support.ts'
import { sizeOf } from '../../page/src/view/words.ts'

test('sizes fit into a column', () => {
  expect([0, 1_023, 5_000, 700_000, 3_400_000].map(sizeOf)).toEqual(['0 B', '1023 B', '4.9 KiB', '684 KiB', '3.2 MiB'])
})

test('a picture and the name of its job tell each other', () => {
  const view = { width: 640, height: 360, samples: 16 }
  expect(viewOf(jobName(view))).toEqual(view)
  expect(['render-42', 'dragon-0x3-1', 'dragon-640x360'].map(viewOf)).toEqual([undefined, undefined, undefined])
})

test('what a browser lacks is named; storage that throws is storage that is blocked', () => {
  const there = (): void => {}
  const world = { WebSocket: there, Worker: there, MessageChannel: there, crypto, indexedDB: {} }
  const storage = { setItem: () => undefined, removeItem: () => undefined }
  const of = (more: object) => whatIsMissing({ ...world, localStorage: storage, ...more } as never)
  expect(of({})).toEqual({ needed: [], storage: false })
  expect(of({ Worker: undefined, WebSocket: undefined }).needed).toEqual(['WebSockets', 'web workers'])
  const blocked = Object.defineProperty({ ...world }, 'localStorage', {
    get: () => {
      throw new Error('SecurityError')
    },
  })
  expect(whatIsMissing(blocked as never)).toEqual({ needed: [], storage: true })
})
