// The Node peer that pages are measured with: it founds the mesh, makes the invite that they come in by, and is told
// what to ask of them. It runs nothing itself.

import { once } from 'node:events'
import { joinMesh } from 'murmuration'
import { makeInvite } from '@murmuration/node-peer/internal'
import { answer, told } from '../processes.ts'
import { noopTasks } from '../mesh/noop-tasks.ts'

export interface FounderOrder {
  readonly home: string
  /** Where the invite's page is. */
  readonly page: string
}

export interface Founded {
  readonly addresses: readonly string[]
  readonly link: string
}

export type FounderRequest =
  /** Tasks that do nothing, so many in flight; answers tasks per second. */
  | { readonly type: 'noop'; readonly inFlight: number }
  /** Tasks that compute, so many at a time, for ever; answers when all of them have begun to run. */
  | { readonly type: 'compute'; readonly atATime: number }

const forMs = 3_600_000
const { home, page } = await told<FounderOrder>()
const mesh = await joinMesh({ entry: [], slots: 0, identity: 'fresh' })
const entry = mesh.addresses.filter((address) => address.includes('/ws'))
const { link } = await makeInvite({ home, role: 'member', forMs, entry, page })
answer({ addresses: mesh.addresses, link } satisfies Founded)

for (;;) {
  const [request] = (await once(process, 'message')) as [FounderRequest]
  if (request.type === 'noop') {
    answer(
      await noopTasks(
        mesh.fn(() => null),
        request.inFlight,
      ),
    )
  } else {
    await compute(request.atATime)
    answer('they run')
  }
}

/** Each for a fifth of a second, as fast as one follows the other. */
async function compute(atATime: number): Promise<void> {
  const busy = mesh.fn(() => {
    const from = performance.now()
    let sum = 0
    while (performance.now() - from < 200) for (let i = 0; i < 10_000; i++) sum += Math.sqrt(i)
    return sum
  })
  const goOn = async (): Promise<never> => {
    for (;;) await busy().get()
  }
  const first = Array.from({ length: atATime }, () => busy())
  await mesh.get(first)
  // One more than run at once, so that no worker waits for its next.
  for (let i = 0; i <= atATime; i++) void goOn()
}
