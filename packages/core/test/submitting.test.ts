// What goes along with a call.

import { expect, test } from 'vitest'
import { createScope } from '../src/scope.ts'
import { FakeCode, FakePort } from './support/fake-port.ts'

test('a call hands its bundle along, at once or later, for a peer that has let go of it', async () => {
  const port = new FakePort()
  const scope = createScope({ port, code: new FakeCode('render'), watchDropped: false })
  const f = scope.fn((x: unknown) => x)
  f(1)
  f(new Uint8Array(5000))
  await scope.flushed()
  const bundle = { source: Uint8Array.of(1, 2), assets: new Map() }
  expect(port.bundles).toEqual([bundle, bundle])
})
