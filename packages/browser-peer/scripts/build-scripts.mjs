// Makes what the compiler cannot. dist/scripts.js: what runs in the frame and in its workers, each as one
// text that imports nothing, since both live where no network is. dist/webrtc.js: libp2p's WebRTC for
// browsers, without what it would install beside itself for Node and React Native (350 MB).

import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(here, 'dist')
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))

/** By the name it is exported under: the compiled module it begins with. */
const scripts = { workerScript: 'worker/main.js', frameScript: 'sandbox/frame.js' }

const made = await Promise.all(
  Object.entries(scripts).map(async ([name, entry]) => {
    const { outputFiles } = await build({
      entryPoints: [join(dist, entry)],
      bundle: true,
      write: false,
      minify: true,
      legalComments: 'none',
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
    })
    return `export const ${name} = ${JSON.stringify(outputFiles[0].text.trimEnd())}\n`
  }),
)
writeFileSync(join(dist, 'scripts.js'), made.join(''))

/** In @libp2p/webrtc 6.0.33, by the file of `private-to-private`: what is there, and what is to be. */
const corrections = {
  // Of a WebRTC connection both ends close the channel that it was made with. On a busy machine the other end is
  // first, and the dial then waits for that channel to open, or to close, until its time is up.
  'initiate-connection.js': [
    ["if (channel.readyState !== 'open') {", "if (channel.readyState === 'connecting') {"],
    ["await pEvent(channel, 'close', {", "if (channel.readyState !== 'closed') await pEvent(channel, 'close', {"],
  ],
  // No browser tells a connection that it was closed: what waits for that keeps the connections of all who ever were here.
  'transport.js': [["pc.addEventListener('close', () => {", "webRTCConn.addEventListener('close', () => {"]],
}

const correct = {
  name: 'correct',
  setup({ onLoad }) {
    onLoad({ filter: /webrtc[\\/]dist[\\/]src[\\/]private-to-private[\\/][^\\/]+\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8')
      for (const [wrong, right] of corrections[basename(path)] ?? []) {
        if (contents.split(wrong).length !== 2) throw new Error(`${path} has changed: ${wrong} is not there once`)
        contents = contents.replace(wrong, right)
      }
      return { contents }
    })
  },
}

await build({
  stdin: { contents: "export { webRTC } from '@libp2p/webrtc'", resolveDir: here },
  outfile: join(dist, 'webrtc.js'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  legalComments: 'inline',
  external: Object.keys(dependencies),
  plugins: [correct],
})
