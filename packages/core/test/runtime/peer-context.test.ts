import { expect, test } from 'vitest'
import { presets } from '../../src/model/config.ts'
import type { PeerEvent } from '../../src/model/events.ts'
import type { ContextId, LifeId, ObjectId } from '../../src/model/ids.ts'
import { MemoryStore } from '../../src/runtime/memory-store.ts'
import { PeerContext } from '../../src/runtime/peer-context.ts'

test('what is stored only after its attempt has ended is let go at once', async () => {
  const posted: string[] = []
  const post = (event: PeerEvent): void => void posted.push(event.type)
  const peer = { self: 'here/1' as LifeId, assertOpen: () => {}, post }
  const store = new MemoryStore(1_000_000)
  const rest = { store, sha256: () => '', depth: 1, runsAgain: true, waiters: {}, config: presets.test }
  const context = new PeerContext({ peer, context: 'c' as ContextId, ...rest } as never)
  const bytes = new Uint8Array(presets.test.inlineBytes + 1)
  const request = { object: 'o' as ObjectId, bytes, hash: 'h', refs: [], copies: 2 }
  await context.put(request)
  expect(posted).toEqual(['put'])
  const late = context.put({ ...request, object: 'late' as ObjectId })
  context.close()
  await late
  expect(posted).toEqual(['put', 'release', 'put', 'release'])
})
