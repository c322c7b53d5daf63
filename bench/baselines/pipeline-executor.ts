// The bare pipeline's far end: every frame of tasks becomes one comlink call into one worker thread,
// and the answers travel back as they come.

import type { ByteStream } from '@murmuration/core/internal'
import { createSpawnWorker, createTransport, freshIdentity } from '@murmuration/node-peer/internal'
import { type Remote, wrap } from 'comlink'
import { answer, told } from '../processes.ts'
import { overFrames } from './frames.ts'
import type { PipelineWorker } from './pipeline-worker.ts'

/** [id, name of the function, arguments] and [id, result]. */
export type PipelineTask = [id: number, fn: string, args: unknown[]]
export type PipelineResult = [id: number, result: unknown]

await told()
const transport = await createTransport({ key: (await freshIdentity()).key, listen: ['/ip4/127.0.0.1/tcp/0'] })
const spawn = createSpawnWorker({ module: new URL('./pipeline-worker.js', import.meta.url) })
const worker = wrap<PipelineWorker>(spawn({}).endpoint)

transport.onStream((kind, _from, stream) => (kind === 'link' ? serve(stream, worker) : swallow(stream)))
answer({ peer: transport.self, addresses: transport.addresses() })

function serve(stream: ByteStream, to: Remote<PipelineWorker>): void {
  const frames = overFrames<PipelineTask | PipelineResult>(stream, (tasks) => {
    void to.run(tasks as PipelineTask[]).then((results) => results.forEach((result) => frames.send(result)))
  })
}

/** Bulk: says one byte when all has come, told by the first eight bytes how much that is. */
function swallow(stream: ByteStream): void {
  let expected = -1
  let received = 0
  stream.onClose(() => {})
  stream.onData((bytes) => {
    if (expected < 0) expected = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0))
    received += bytes.length
    if (received < expected) return
    received = 0
    expected = -1
    stream.send(new Uint8Array([1]))
  })
}
