// A small static server for the page through which browsers join: a fixed set of files, read once, and headers that
// let nobody frame it, guess at types or hear where it was opened from. What the page may load and run is the
// page's own policy. It knows nothing of meshes: the invite is in the fragment, which browsers send to no server.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { MeshError } from '@murmuration/core/internal'
import { ListenError, PortInUseError, whyNotListening } from '../listening.ts'

export interface PageOptions {
  /** Default: 127.0.0.1, seen from this machine only. */
  readonly host?: string | undefined
  /** Default 0: any free one. */
  readonly port?: number | undefined
  /** Other content for some paths, as in `{ '/dragon.ply.gz': bytes }`. */
  readonly files?: Readonly<Record<string, Uint8Array>> | undefined
  /** Where the built page is. Default: inside this package. */
  readonly folder?: string | undefined
}

export interface ServedPage {
  /** Without an invite. */
  readonly url: string
  close(): Promise<void>
}

interface Content {
  readonly type: string
  readonly bytes: Uint8Array
  /** Null: it is small or packed already. */
  readonly zipped: Uint8Array | null
  readonly cache: string
}

// Where the page's own build puts it.
const builtPage = fileURLToPath(new URL('../../dist/web', import.meta.url))

/** Rejects with MeshError NOT_FOUND, PORT_IN_USE or INVALID_OPTION. */
export async function servePage({
  host = '127.0.0.1',
  port = 0,
  files = {},
  folder = builtPage,
}: PageOptions = {}): Promise<ServedPage> {
  const contents = contentsOf(folder)
  for (const [path, bytes] of Object.entries(files)) contents.set(path, contentOf(path, bytes))
  const server = createServer((request, response) => answer(contents, request, response))
  await listen(server, host, port)
  const { address, family, port: taken } = server.address() as AddressInfo
  const shown = address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return {
    url: `http://${shown}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.gz': 'application/octet-stream',
}

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), display-capture=()',
}

function contentsOf(folder: string): Map<string, Content> {
  if (statSync(join(folder, 'index.html'), { throwIfNoEntry: false }) === undefined)
    throw new MeshError(
      'NOT_FOUND',
      `the page has not been built: there is no index.html in ${folder}; run npm run build`,
    )
  const found = new Map<string, Content>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const path = `/${relative(folder, file).split(sep).join('/')}`
    found.set(path, contentOf(path, readFileSync(file)))
  }
  found.set('/', found.get('/index.html')!)
  return found
}

const smallBytes = 1_024

function contentOf(path: string, bytes: Uint8Array): Content {
  const type = types[extname(path)] ?? 'application/octet-stream'
  const isText = type.includes('charset') || type.includes('svg')
  // Names of assets have a hash in them.
  const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  return { type, bytes, cache, zipped: isText && bytes.byteLength > smallBytes ? gzipSync(bytes) : null }
}

function answer(contents: ReadonlyMap<string, Content>, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const content = contents.get((request.url ?? '/').replace(/\?.*$/, ''))
  if (!isRead || content === undefined) {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.writeHead(isRead ? 404 : 405)
    response.end(isRead ? 'Nothing is here. The page is at /.\n' : 'This is a page: it can only be read.\n')
    return
  }
  const zip = content.zipped !== null && /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')
  const bytes = zip && content.zipped !== null ? content.zipped : content.bytes
  response.setHeader('content-type', content.type)
  response.setHeader('cache-control', content.cache)
  response.setHeader('vary', 'accept-encoding')
  response.setHeader('content-length', bytes.byteLength)
  if (zip) response.setHeader('content-encoding', 'gzip')
  response.writeHead(200)
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(meshErrorOf(whyNotListening(error))))
    server.listen(port, host, resolve)
  })
}

function meshErrorOf(error: unknown): unknown {
  const isOurs = error instanceof PortInUseError || error instanceof ListenError
  return isOurs ? new MeshError(error.code, `the page: ${error.message}`, { cause: error }) : error
}
