// The bare pipeline's near end: keeps so many tasks in flight and counts what comes back, or pushes
// bytes as fast as the stream takes them.

import type { ByteStream, PeerId } from '@murmuration/core/internal'
import { createTransport, freshIdentity } from '@murmuration/node-peer/internal'
import { answer, told } from '../processes.ts'
import { keepInFlight, medianOf } from '../throughput.ts'
import type { Transfers } from '../throughput.ts'
import { overFrames } from './frames.ts'
import type { PipelineResult, PipelineTask } from './pipeline-executor.ts'

export interface PipelineOrder {
  readonly peer: PeerId
  readonly addresses: readonly string[]
  readonly work: { readonly inFlight: number } | { readonly bytes: number; readonly transfers: Transfers }
}

const { peer, addresses, work } = await told<PipelineOrder>()
const transport = await createTransport({ key: (await freshIdentity()).key, listen: [] })
const open = (kind: 'link' | 'object') => transport.open(kind, peer, addresses, new AbortController().signal)
answer(
  'inFlight' in work
    ? await tasks(await open('link'), work.inFlight)
    : await bulk(await open('object'), work.bytes, work.transfers),
)
process.exit(0)

function tasks(stream: ByteStream, inFlight: number): Promise<number> {
  const waiting = new Map<number, (result: unknown) => void>()
  const frames = overFrames<PipelineTask | PipelineResult>(stream, (results) => {
    for (const [id, result] of results as PipelineResult[]) {
      waiting.get(id)?.(result)
      waiting.delete(id)
    }
  })
  let last = 0
  return keepInFlight(inFlight, (done) => {
    last += 1
    waiting.set(last, done)
    frames.send([last, 'noop', []])
  })
}

/** MiB per second, until the other side has said that it has all. */
async function bulk(stream: ByteStream, bytes: number, transfers: Transfers): Promise<number> {
  const chunk = new Uint8Array(256 * 1024)
  let heard = (): void => {}
  let drained = (): void => {}
  stream.onData(() => heard())
  stream.onDrain(() => drained())
  stream.onClose(() => {})
  const once = async (): Promise<number> => {
    new DataView(chunk.buffer).setBigUint64(0, BigInt(bytes))
    const began = performance.now()
    const done = new Promise<void>((resolve) => (heard = resolve))
    for (let sent = 0; sent < bytes; sent += chunk.length) {
      if (!stream.send(chunk)) await new Promise<void>((resolve) => (drained = resolve))
    }
    await done
    return bytes / 1024 / 1024 / ((performance.now() - began) / 1000)
  }
  return medianOf(once, transfers)
}
