// Tasks per second through the mesh: the same loop in Node and in pages.

import type { ObjectRef } from 'murmuration'
import { keepInFlight } from '../throughput.ts'

export function noopTasks(noop: () => ObjectRef<unknown>, inFlight: number): Promise<number> {
  return keepInFlight(inFlight, (done) => {
    const ref = noop()
    void ref.get().then(() => {
      ref[Symbol.dispose]()
      done()
    })
  })
}
