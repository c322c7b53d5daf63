// The module that runs in every worker thread of a Node peer: the worker host, given Node's ways of
// importing, hashing and printing.

import { openAsBlob } from 'node:fs'
import { inspect } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { exposeWorkerHost } from '@murmuration/core/worker'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { sha256 } from './sha256.ts'
import type { SharedEnvironment } from './spawn-worker.ts'

if (parentPort === null) throw new Error('this module runs in a worker thread of a peer')

exposeWorkerHost(nodeEndpoint(parentPort), {
  importModule: (url) => import(url) as Promise<Record<string, unknown>>,
  sha256,
  format: (parts) => parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' '),
  setEnv,
  openFile: async (path) => Object.defineProperty(await openAsBlob(path), 'path', { value: path }),
})

/** All of it: what the module before was given is not for this one. */
function setEnv(given: Readonly<Record<string, string>>): void {
  const env = { ...(workerData as SharedEnvironment), ...given }
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name]
  Object.assign(process.env, env)
}
