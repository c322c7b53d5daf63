// One user's share of a handle: it ends once, with its disposal or its collection by the engine, whichever comes first.

import type { Handle } from './handles.ts'

// Engines without `using` have no such symbol yet: this is the one that compilers look for.
;(Symbol as { dispose?: symbol }).dispose ??= Symbol.for('Symbol.dispose')

export class Hold {
  readonly handle: Handle
  isOver = false

  constructor(handle: Handle) {
    this.handle = handle
    handle.retain()
  }

  end(): void {
    if (this.isOver) return
    this.isOver = true
    this.handle.drop()
  }
}

// Without tokens to unregister by, which cost more than a call itself.
const collected = new FinalizationRegistry<Hold>((hold) => hold.end())

/** A share that `whose` has, and that ends at the latest when that one is collected. */
export function holdFor(whose: object, handle: Handle): Hold {
  const hold = new Hold(handle)
  collected.register(whose, hold)
  return hold
}
