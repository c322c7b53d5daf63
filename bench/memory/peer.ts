// A peer whose memory is measured: it says when it is up, and how much it uses whenever it is asked.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { joinMesh } from 'murmuration'

export interface Used {
  readonly heapMb: number
  readonly residentMb: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is still in use once everything else is collected. */
export function used(): Used {
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapMb: heapUsed / 1e6, residentMb: rss / 1e6 }
}

if (process.send) {
  const mesh = await joinMesh({ slots: 1, identity: 'fresh' })
  process.on('message', (asked: string) => {
    if (asked === 'used') process.send?.(used())
    else if (asked === 'leave') void mesh.leave().then(() => process.exit(0))
  })
  process.send('up')
}
