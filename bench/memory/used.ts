// How much memory this process uses when everything that nobody needs any more has been collected.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Used {
  readonly heapMb: number
  readonly residentMb: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export function used(): Used {
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapMb: heapUsed / 1e6, residentMb: rss / 1e6 }
}
