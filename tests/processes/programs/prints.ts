// A program whose tasks print: each its own line, and one that all of them share; in a job of that name, if one is given.

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const [, , name] = process.argv
const scope = name === undefined ? mesh : await mesh.job(name)
const talk = scope.fn(function talk(n: number) {
  console.log(`hello from ${n}`)
  console.warn('the same from all')
  return n
})
await scope.get([talk(1), talk(2), talk(3)])
