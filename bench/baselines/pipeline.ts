// The bare pipeline, as rows use it: submitter process → libp2p over TCP, Noise and yamux → executor
// process → comlink → worker thread, and back, with no protocol in between.

import type { RowContext } from '../row.ts'
import type { PipelineOrder } from './pipeline-submitter.ts'

export async function pipeline({ start }: RowContext, work: PipelineOrder['work']): Promise<number> {
  const executor = start('./baselines/pipeline-executor.js', {})
  const reached = await executor.next<Omit<PipelineOrder, 'work'>>()
  const result = await start('./baselines/pipeline-submitter.js', { ...reached, work }).next<number>()
  executor.kill()
  return result
}
