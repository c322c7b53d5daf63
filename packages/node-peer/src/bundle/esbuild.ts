// esbuild as `require` loads it. It is CommonJS: to import it, Node would first look through its text for the names that it
// exports, which takes longer than all the rest of its loading.

import { createRequire } from 'node:module'
import type * as esbuild from 'esbuild'

export const { build } = createRequire(import.meta.url)('esbuild') as typeof esbuild
