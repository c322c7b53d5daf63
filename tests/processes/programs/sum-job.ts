// A named job of forty tasks, half of one kind and half of another: says when half of it is done, and the sum.

import { joinMesh } from 'murmuration'
import type * as counted from './counted.task.ts'

const [name = '', file = ''] = process.argv.slice(2)
const mesh = await joinMesh({ slots: 0, identity: 'fresh' })
const job = await mesh.job(name)
const { even, odd } = await job.use<typeof counted>(new URL('./counted.task.ts', import.meta.url))
const refs = Array.from({ length: 20 }, (_, n) => [even(n, file), odd(n, file)]).flat()
let sum = 0
let done = 0
for await (const ref of job.settled(refs)) {
  sum += await ref.get()
  if (++done === 20) console.log(JSON.stringify({ event: 'half' }))
}
console.log(JSON.stringify({ event: 'sum', sum }))
await mesh.leave()
