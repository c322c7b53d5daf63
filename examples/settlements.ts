// One bad input among many: with `settlements()` the loop goes on, and says of each input what came of it.
// `murmur run settlements.ts`

import { joinMesh } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const parse = mesh.fn((text: string): unknown => JSON.parse(text))

for await (const { input, ...came } of mesh.map(['[1]', '{"a":', '2'], (text) => parse(text)).settlements()) {
  if ('error' in came) console.log(`${input}: ${came.error.code}, a ${(came.error.cause as Error).name}`)
  else console.log(`${input}: ${JSON.stringify(came.value)}`)
}
