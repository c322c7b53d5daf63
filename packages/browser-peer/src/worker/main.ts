// What runs in every worker of a page: the worker host on the port that its peer handed in, with the
// globals locked before the first task. Bundles come as text, since nothing of the page can be reached from here.

import { exposeWorkerHost } from '@murmuration/core/worker'
import { sha256 } from '../sha256.ts'
import { freezeIntrinsics } from './freeze.ts'
import { lockDown } from './lock-down.ts'

// Taken before any task could have changed them.
const { createObjectURL, revokeObjectURL } = URL
const ModuleBlob = Blob

addEventListener(
  'message',
  ({ ports: [port] }) => {
    if (port === undefined) return
    lockDown()
    // Where core's worker host and `murmuration/task` meet: no task may put another one there.
    Object.defineProperty(globalThis, Symbol.for('murmuration.task.1'), { value: Object.seal({ current: null }) })
    exposeWorkerHost(port, { importModule, sha256 })
    freezeIntrinsics()
  },
  { once: true },
)

async function importModule(source: string): Promise<Record<string, unknown>> {
  const url = createObjectURL(new ModuleBlob([source], { type: 'text/javascript' }))
  try {
    return (await import(url)) as Record<string, unknown>
  } finally {
    revokeObjectURL(url)
  }
}
