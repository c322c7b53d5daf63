// A program that waits for what never comes, until somebody stops it.

import { joinMesh } from 'murmuration'

const mesh = await joinMesh({ entry: [], slots: 1 })
const forever = mesh.fn(() => new Promise<never>(() => {}))
const ref = forever()
console.log(JSON.stringify({ event: 'waiting' }))
await ref.get()
