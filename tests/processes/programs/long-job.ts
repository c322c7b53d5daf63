// Begins a detached job and waits for its result, or reads what another program began.

import { joinMesh } from 'murmuration'
import type * as counted from './counted.task.ts'

const [what, file = ''] = process.argv.slice(2)
const mesh = await joinMesh({ slots: 0, identity: 'fresh' })
const job = await mesh.job('long', { lifetime: 'detached' })
if (what === 'read') {
  console.log(JSON.stringify({ event: 'read', value: await job.ref('result').get() }))
} else {
  const { main, until } = await job.use<typeof counted>(new URL('./counted.task.ts', import.meta.url))
  const result = (what === 'sum' ? main : until).with({ name: 'result' })(file)
  console.log(JSON.stringify({ event: 'begun' }))
  await result.get()
}
await mesh.leave()
