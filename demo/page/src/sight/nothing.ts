// The mesh before anything is seen of it: apart, so that a page that has not joined loads no more.

import type { Sight } from './sight.ts'

export const nothingSeen: Sight = { peers: [], links: [], bars: [], objects: [], lines: [], pending: 0 }
