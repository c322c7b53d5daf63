import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { DialError } from '@murmuration/core/internal'
import { tcp } from '@libp2p/tcp'
import { createLinkNode, Libp2pTransport } from '@murmuration/libp2p-link'
import { afterEach, expect, test } from 'vitest'
import { transportContract } from '../../../tests/contract/transport.ts'
import { createTransport } from '../src/transport.ts'
import type { TransportOptions } from '../src/transport.ts'

const never = new AbortController().signal
const made: Libp2pTransport[] = []

async function create(options: Omit<TransportOptions, 'key'> = {}): Promise<Libp2pTransport> {
  const transport = await createTransport({ key: await generateKeyPair('Ed25519'), ...options })
  made.push(transport)
  return transport
}

async function deadAddress(
  options: Omit<TransportOptions, 'key'>,
): Promise<{ peer: Libp2pTransport['self']; address: string }> {
  const gone = await create(options)
  const [address = ''] = gone.addresses()
  await gone.stop()
  return { peer: gone.self, address }
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((transport) => transport.stop()))
})

const tcpOnly = { listen: ['/ip4/127.0.0.1/tcp/0'] }
const wsOnly = { listen: ['/ip4/127.0.0.1/tcp/0/ws'] }
transportContract('libp2p over tcp', { create: () => create(tcpOnly), deadAddress: () => deadAddress(tcpOnly) })
transportContract('libp2p over websockets', { create: () => create(wsOnly), deadAddress: () => deadAddress(wsOnly) })

test('hanging up with many streams open is no leak of listeners', async () => {
  const [a, b] = [await create(), await create()]
  b.onStream((_kind, _from, stream) => stream.pause())
  a.onStream(() => {})
  const warnings: Error[] = []
  const warned = (warning: Error): void => void warnings.push(warning)
  process.on('warning', warned)
  const streams = await Promise.all(Array.from({ length: 20 }, () => a.open('object', b.self, b.addresses(), never)))
  const closed = Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.onClose(() => resolve()))))
  // With something left to send on each, whoever closes waits for all of them.
  for (const stream of streams) stream.send(new Uint8Array(2 ** 20))
  a.hangUp(b.self, 'enough')
  await closed
  await new Promise(setImmediate)
  process.off('warning', warned)
  expect(warnings).toEqual([])
})

test('listens on loopback over tcp and websockets unless told otherwise', async () => {
  const transport = await create()
  const shapes = transport.addresses().map((address) => address.replace(/\/tcp\/\d+/, '/tcp/N'))
  expect(shapes.sort()).toEqual([
    `/ip4/127.0.0.1/tcp/N/p2p/${transport.self}`,
    `/ip4/127.0.0.1/tcp/N/ws/p2p/${transport.self}`,
  ])
})

test('finds a peer by host:port, by ws:// and by multiaddr', async () => {
  const [a, b] = [await create(), await create()]
  const tcpPort = /tcp\/(\d+)\/p2p/.exec(b.addresses().join(' '))?.[1]
  const wsPort = /tcp\/(\d+)\/ws/.exec(b.addresses().join(' '))?.[1]
  for (const address of [
    `127.0.0.1:${tcpPort}`,
    `localhost:${tcpPort}`,
    `ws://127.0.0.1:${wsPort}`,
    ...b.addresses(),
  ]) {
    expect(await a.find(address, never), address).toBe(b.self)
  }
})

test('a malformed address names itself and the forms that work', async () => {
  const a = await create()
  for (const address of ['nonsense', 'host:99999', 'ftp://host:1', '/ip4/300.1.1.1/tcp/1', '']) {
    await expect(a.find(address, never)).rejects.toMatchObject({
      name: 'AddressError',
      address,
      message: expect.stringContaining('host:port') as string,
    })
  }
})

test('a port that is taken is named', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const options of [{ port }, { wsPort: port }]) {
    await expect(create(options)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      port,
      message: expect.stringContaining(String(port)) as string,
    })
  }
  await new Promise((resolve) => server.close(resolve))
})

test('refused by one address and not by another is not refused', async () => {
  const { peer, address } = await deadAddress(tcpOnly)
  // Accepts and says nothing that a peer would say.
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const a = await create()
  const error = await a.open('link', peer, [address, `127.0.0.1:${port}`], never).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DialError)
  expect((error as DialError).refused).toBe(false)
  await new Promise((resolve) => server.close(resolve))
})

test('refused by tcp and by websockets is refused', async () => {
  const gone = await create()
  const addresses = gone.addresses()
  await gone.stop()
  const a = await create()
  const error = await a.open('link', gone.self, addresses, never).catch((reason: unknown) => reason)
  expect((error as DialError).refused).toBe(true)
})

test('what else is said of a peer’s addresses does not keep it from being dialled', async () => {
  const [a, b] = [await create(), await create()]
  b.onStream((_kind, _from, stream) => stream.onData(() => {}))
  const stream = await a.open('link', b.self, ['rubbish', '', '/ip4/9', ...b.addresses()], never)
  expect(stream.send(new Uint8Array(1))).toBe(true)
})

test('a peer without an address cannot be dialled, which is no refusal', async () => {
  const [a, b] = [await create(), await create()]
  await expect(a.open('link', b.self, [], never)).rejects.toMatchObject({ name: 'DialError', refused: false })
})

test('streams are refused until somebody takes them', async () => {
  const [a, b] = [await create(), await create()]
  const ended = a.open('link', b.self, b.addresses(), never).then(
    (stream) => new Promise((resolve) => stream.onClose(resolve)),
    (error: unknown) => error,
  )
  expect(await ended).toBeInstanceOf(Error)
})

test('forty peers of one host join at once', async () => {
  const entry = await create(tcpOnly)
  entry.onStream((_kind, _from, stream) => stream.onData(() => {}))
  const peers = await Promise.all(Array.from({ length: 40 }, () => create({ listen: [] })))
  const streams = await Promise.all(peers.map((peer) => peer.open('link', entry.self, entry.addresses(), never)))
  expect(streams).toHaveLength(40)
})

test('from elsewhere nobody is dialled on loopback but whom the program names', async () => {
  const key = await generateKeyPair('Ed25519')
  const node = await createLinkNode({ key, listen: [], transports: [tcp()] })
  const isRefused = (): Promise<boolean> => Promise.resolve(false)
  const page = new Libp2pTransport(node, { bare: 'tcp', isTheirMachine: false, isRefused, soon: setImmediate })
  made.push(page)
  await page.start()
  const other = await create(tcpOnly)
  other.onStream(() => {})
  const [address = ''] = other.addresses()
  await expect(page.open('link', other.self, [address], never)).rejects.toThrow('no address that can be dialled')
  expect(await page.find(address, never)).toBe(other.self)
  page.hangUp(other.self, 'once more')
  const stream = await page.open('link', other.self, [address], never)
  stream.abort('enough')
})
