// A program whose tasks print: each its own line, and one that all of them share.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const talk = mesh.fn(function talk(n: number) {
  console.log(`hello from ${n}`)
  console.warn('the same from all')
  return n
})
await mesh.get([talk(1), talk(2), talk(3)])
