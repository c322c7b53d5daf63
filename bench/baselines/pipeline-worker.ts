// The worker thread of the bare pipeline: runs a batch, answers a batch.

import { parentPort } from 'node:worker_threads'
import { expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { PipelineResult, PipelineTask } from './pipeline-executor.ts'

const functions: Readonly<Record<string, (...args: unknown[]) => unknown>> = { noop: () => null }

const worker = {
  run: (tasks: readonly PipelineTask[]): PipelineResult[] =>
    tasks.map(([id, fn, args]) => [id, functions[fn]?.(...args)]),
}
export type PipelineWorker = typeof worker

if (parentPort) expose(worker, nodeEndpoint(parentPort))
