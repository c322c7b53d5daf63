// A program as users write them: joins, asks for work, prints, ends.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const count = Number(process.argv[2])
const busy = mesh.fn(async function busy(value: number) {
  console.log(`busy with ${value}`)
  // Its slot is busy: the cores of this machine need not be.
  await new Promise((resolve) => setTimeout(resolve, 100))
  return value
})
const refs = Array.from({ length: count }, (_, i) => busy(i))
console.log('started')
const values = await mesh.get(refs)
console.log(
  JSON.stringify({ sum: values.reduce((sum, value) => sum + value, 0), by: import.meta.url.split('/').at(-1) }),
)
