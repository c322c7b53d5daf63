// What a page that does nothing but join has to load.

import { gzippedBytes } from '../bundle.ts'
import type { PageRow } from '../row.ts'

export const bundle: PageRow = {
  name: 'bundle',
  figures: [
    {
      name: '`joinMesh`, gzip',
      unit: 'kB',
      promised: { atMost: 300 },
      what: 'thousands of bytes of a minified program that exports `joinMesh` and nothing else',
    },
  ],
  run: async () => [(await gzippedBytes()) / 1_000],
}
