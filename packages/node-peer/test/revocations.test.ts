// How many revocations a mesh keeps. It is asked here, not in core, because node:crypto signs and checks a thousand of
// them in a fraction of the time.

import { Admission, meshKeys, signRevocation, useEd25519 } from '@murmuration/core/internal'
import type { PeerId } from '@murmuration/core/internal'
import { expect, test } from 'vitest'
import { ed25519 } from '../src/ed25519.ts'

useEd25519(ed25519)

test('a revocation of more than are kept forgets the one that would end first', () => {
  const keys = meshKeys(new Uint8Array(32).fill(7))
  const start = Date.UTC(2030, 0, 1)
  const at = new Admission({ self: 'bob' as PeerId, by: keys, now: () => start })
  const many = Array.from({ length: 1_001 }, (_, i) =>
    signRevocation({ id: `i${i}`, until: start + 60_000 + i * 1_000 }, keys.secretKey),
  )
  at.learn(many)
  expect(at.revocations).toEqual(many.slice(1))
})
