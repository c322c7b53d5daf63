// `murmur up --metrics PORT`: the peer's numbers for whoever scrapes this machine. Loopback only, and only for
// who calls it by a loopback name, so that no web page reads them by a name of its own that leads here.

import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MeshError, metricsType } from '@murmuration/core/internal'
import type { Mesh } from '@murmuration/core/internal'
import { ListenError, PortInUseError, whyNotListening } from '../listening.ts'

export interface ServedMetrics {
  readonly url: string
  close(): Promise<void>
}

const host = '127.0.0.1'

/** Rejects with MeshError PORT_IN_USE or INVALID_OPTION. `port` 0: any free one. */
export async function serveMetrics(mesh: Pick<Mesh, 'metrics'>, port: number): Promise<ServedMetrics> {
  const server = createServer((request, response) => void answer(mesh, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(meshErrorOf(whyNotListening(error))))
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host}:${taken}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(mesh: Pick<Mesh, 'metrics'>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const said = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`${text}\n`)
  }
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? ''))
    return said(421, 'This is read by a loopback name: http://127.0.0.1/metrics with its port.')
  if (request.method !== 'GET') return said(405, 'This can only be read: GET /metrics.')
  if (request.url?.replace(/\?.*$/, '') !== '/metrics')
    return said(404, 'Nothing is here. The numbers are at /metrics.')
  try {
    const text = await mesh.metrics()
    response.writeHead(200, { 'content-type': metricsType, 'cache-control': 'no-store' })
    response.end(text)
  } catch (error) {
    said(503, error instanceof Error ? error.message : String(error))
  }
}

function meshErrorOf(error: unknown): unknown {
  const isOurs = error instanceof PortInUseError || error instanceof ListenError
  return isOurs ? new MeshError(error.code, `the metrics: ${error.message}`, { cause: error }) : error
}
