// The bundle that every peer has from the start: tasks that the verbs are made of.

import { type CodeId, codeObject, type ObjectId } from '../model/ids.ts'
import { type LoadedModule, noAssets } from './code-port.ts'
import type { Sha256 } from './ports.ts'

/** Part of the protocol: its hash is its id, so every peer must have these very bytes. */
const source = 'export const all = (...values) => values\n'

export interface Builtin {
  readonly module: LoadedModule
  readonly object: ObjectId
  readonly bytes: Uint8Array
}

export function builtinBundle(sha256: Sha256): Builtin {
  const bytes = new TextEncoder().encode(source)
  const code = sha256(bytes) as CodeId
  return {
    bytes,
    object: codeObject(code),
    module: {
      code,
      name: 'murmuration',
      exports: [{ name: 'all', kind: 'function', digest: 'all' }],
      only: null,
      bytes: { source: bytes, assets: noAssets },
    },
  }
}
