// A peer whose memory is measured: it says when it is up, and how much it uses whenever it is asked.

import { joinMesh } from 'murmuration'
import { used } from './used.ts'

await joinMesh({ slots: 1, identity: 'fresh' })
process.on('message', (asked) => {
  if (asked === 'used') process.send?.(used())
})
process.send?.('up')
