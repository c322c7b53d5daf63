// How long it takes until a peer hears that another has died: several deaths in one mesh, one after
// another, by one signal.

import type { RowContext } from '../row.ts'
import { startPeer } from './mesh.ts'
import type { Death, ObserverOrder } from './observer.ts'

/** Per run. Five runs make twenty. */
const deaths = 4
/** Peers that stay, besides the observer: enough that a suspicion can be confirmed. */
const bystanders = 2

/** Milliseconds from the signal to the news, one number per death. */
export async function detection(context: RowContext, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number[]> {
  const entry = await startPeer(context, { entry: [], slots: 1 })
  const others = [entry]
  for (let index = 1; index < bystanders + deaths; index += 1) {
    others.push(await startPeer(context, { entry: entry.addresses, slots: 1 }))
  }
  const order: ObserverOrder = { entry: entry.addresses, others: others.length }
  const observer = context.start('./mesh/observer.js', order)
  await observer.next<'met'>()
  const took: number[] = []
  for (const victim of others.slice(bystanders)) {
    const at = Date.now()
    victim.process.kill(signal)
    for (let death = await observer.next<Death>(); ; death = await observer.next<Death>()) {
      if (death.peer !== victim.id) continue
      took.push(death.at - at)
      break
    }
    victim.process.kill('SIGKILL')
  }
  return took
}
