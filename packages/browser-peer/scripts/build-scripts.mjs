// Makes what the compiler cannot. dist/scripts.js: what runs in the frame and in its workers, each as one
// text that imports nothing, since both live where no network is. dist/webrtc.js: libp2p's WebRTC for
// browsers, without what it would install beside itself for Node and React Native (350 MB). Does nothing where
// both are newer than what they are made of: what is made of them would be made again.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(here, 'dist')
const root = join(here, '..', '..')

const madeOf = [
  fileURLToPath(import.meta.url),
  join(here, 'package.json'),
  join(root, 'node_modules', '.package-lock.json'),
  ...['browser-peer', 'core'].flatMap((name) => modulesIn(join(root, 'packages', name, 'dist'))),
]
const newestMs = Math.max(...madeOf.map(changedMs))
if (['scripts.js', 'webrtc.js'].every((name) => newestMs < changedMs(join(dist, name)))) process.exit()
const { build } = await import('esbuild')

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

/** In @libp2p/webrtc 6.0.33, by its files: what is there, and what is to be. */
const corrections = {
  // A frame went as two messages, its length and itself, and what arrived went through a chain of promises for each:
  // a fifth of a round trip. Whoever reads puts together what belongs together.
  'stream.js': [
    ["import { pushable } from 'it-pushable';", "import { LengthPrefixedDecoder } from '@libp2p/utils';"],
    ['this.incomingData = pushable();', 'this.incomingData = new LengthPrefixedDecoder();'],
    ['this.channel.onmessage = async (event) => {', 'this.channel.onmessage = (event) => {'],
    ['this.incomingData.push(new Uint8Array(data, 0, data.byteLength));', 'this.take(new Uint8Array(data));'],
    [
      `Promise.resolve().then(async () => {
            for await (const buf of lengthPrefixed.decode(this.incomingData)) {
                this.processIncomingProtobuf(buf);
            }
        })
            .catch(err => {
            this.log.error('error processing incoming data channel messages - %e', err);
        });`,
      '',
    ],
    [
      '_sendMessage(data) {',
      `take(data) {
        try {
            for (const frame of this.incomingData.decode(data)) this.processIncomingProtobuf(frame);
        }
        catch (err) {
            this.abort(err);
        }
    }
    _sendMessage(data) {`,
    ],
    [
      `for (const buf of data) {
                this.channel.send(withArrayBuffer(buf));
            }`,
      'this.channel.send(withArrayBuffer(data.subarray()));',
    ],
  ],
  // Without servers of the user's choice it would ask those of four others what its address is. Here nobody is asked.
  'util.js': [
    [
      `DEFAULT_ICE_SERVERS.map(url => ({
        urls: [
            url
        ]
    }))`,
      '[]',
    ],
  ],
  // Of a WebRTC connection both ends close the channel that it was made with. On a busy machine the other end is
  // first, and the dial then waits for that channel to open, or to close, until its time is up.
  'private-to-private/initiate-connection.js': [
    ["if (channel.readyState !== 'open') {", "if (channel.readyState === 'connecting') {"],
    ["await pEvent(channel, 'close', {", "if (channel.readyState !== 'closed') await pEvent(channel, 'close', {"],
  ],
  // A signalling stream that ended was as good as a connection: of a page that was gone before the two were connected the
  // other kept one that never came to be and never failed. What is not connected by then must become so in time.
  'private-to-private/util.js': [
    [
      'import { CustomProgressEvent } from',
      "import { raceSignal } from 'race-signal';\nimport { CustomProgressEvent } from",
    ],
    [
      `try {
        const connectedPromise = Promise.withResolvers();`,
      `const connectedPromise = Promise.withResolvers();
    try {`,
    ],
    [
      `if (options.signal?.aborted === true && pc.connectionState !== 'connected') {
            throw err;
        }`,
      "if (pc.connectionState !== 'connected') await raceSignal(connectedPromise.promise, options.signal);",
    ],
  ],
  // No browser tells a connection that it was closed: what waits for that keeps the connections of all who ever were here.
  'private-to-private/transport.js': [
    ["pc.addEventListener('close', () => {", "webRTCConn.addEventListener('close', () => {"],
  ],
}

const correct = {
  name: 'correct',
  setup({ onLoad }) {
    onLoad({ filter: /webrtc[\\/]dist[\\/]src[\\/].+\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8')
      const file = path.replaceAll('\\', '/').split('/webrtc/dist/src/')[1]
      for (const [wrong, right] of corrections[file] ?? []) {
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

function modulesIn(folder) {
  const isMade = (name) => /^bundled[\\/]|^(scripts|webrtc)\.js$/.test(name)
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js') && !isMade(name))
  return names.map((name) => join(folder, name))
}

function changedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
