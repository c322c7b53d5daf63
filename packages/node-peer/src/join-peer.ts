// Becoming a peer in Node: make the platform, start the peer, find the others. It ends with a peer
// that has joined, or with nothing left behind and one sentence saying why. Programs get verbs over
// it (join-mesh.ts); the command looks into it.

import { availableParallelism, hostname } from 'node:os'
import { inspect } from '@murmuration/core/seeing'
import {
  isMeshError,
  lifeId,
  limits,
  MeshError,
  Peer,
  presets,
  printedText,
  stuckText,
} from '@murmuration/core/internal'
import type { Invite, Knocked, Notice, PeerId, PeerOptions, Profile } from '@murmuration/core/internal'
import { KeyFileError, meshKeyPath } from './mesh-key.ts'
import { DiskError } from './disk-store.ts'
import { entriesOf, livingOthers, namedEntries } from './entries.ts'
import { writeRunFile } from './entry.ts'
import type { RunFile } from './entry.ts'
import { ListenError, PortInUseError } from './listening.ts'
import { type JoinOptions, labelsOf } from './options.ts'
import { createNodePlatform } from './platform.ts'
import type { NodePlatform } from './platform.ts'

const observerMemoryBytes = 16 * 1024 * 1024
const defaultTimeoutMs = 10_000

export interface JoinWays {
  /** Runs and keeps nothing, leaves no run file, joins or fails with NOT_FOUND: never founds a mesh. Default false. */
  readonly observe?: boolean | undefined
  /** Told which mesh was chosen when no entry was named. Default: a line on stderr. */
  readonly say?: ((sentence: string) => void) | undefined
  /** What tasks print here. Default: as the options say. */
  readonly logged?: ((peer: Peer) => PeerOptions['logged']) | undefined
}

export interface JoinedPeer {
  readonly peer: Peer
  readonly node: NodePlatform
  /** Nobody was there to join. */
  readonly founded: boolean
  /** Closes what is beneath the peer, which has left by then. */
  readonly close: () => Promise<void>
}

/** Takes checked options. Rejects with MeshError. */
export async function joinPeer(options: JoinOptions, ways: JoinWays = {}): Promise<JoinedPeer> {
  const named = namedEntries(options.entry)
  const node = await platformFor(options, ways, named?.invite ?? null)
  let run: RunFile | undefined
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    run?.remove()
    return (closing ??= node.close())
  }
  try {
    const entries = named?.addresses ?? (await entriesHere(node, ways))
    const peer = startPeer(node, options, ways)
    // Nobody says goodbye for a peer that broke, and what is beneath it would go on listening.
    peer.onStop((broken) => broken && void close().catch(() => {}))
    const founded = entries.length === 0
    if (founded) peer.found()
    else await join(peer, { entries, options, ways, keyPath: named?.invite ? null : meshKeyPath(node.home) })
    run = ways.observe === true ? undefined : await announce(node)
    if (founded && options.entry === undefined) await greetOtherFounders(peer, node)
    peer.assertOpen()
    return { peer, node, founded, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Of several peers that start together each may find nobody; having said that it is here, each looks once more. */
async function greetOtherFounders(peer: Peer, node: NodePlatform): Promise<void> {
  const others = await livingOthers(node)
  await Promise.all(others.map((other) => peer.greet(other.peer as PeerId, other.addresses)))
}

interface Joining {
  readonly entries: readonly string[]
  readonly options: JoinOptions
  readonly ways: JoinWays
  /** Where the key is from that this peer comes in by, if by one. */
  readonly keyPath: string | null
}

async function join(peer: Peer, { entries, options, ways, keyPath }: Joining): Promise<void> {
  const { timeoutMs = defaultTimeoutMs, signal } = options
  const { observe = false } = ways
  const goOn = ({ said, refused }: Knocked): boolean => {
    // Who only looks wants to know now; who wants to compute may be earlier than its entry.
    if (observe) return !refused
    sayOnStderr(`${said}: trying for ${timeoutMs / 1_000} s`)
    return true
  }
  try {
    await peer.join({ addresses: entries, timeoutMs, signal, goOn })
  } catch (error) {
    await peer.stop()
    if (!isMeshError(error) || error.code !== 'FORBIDDEN' || keyPath === null) throw error
    throw new MeshError('FORBIDDEN', `${error.message} (this peer's key is from ${keyPath})`, { cause: error })
  }
}

async function platformFor(
  options: JoinOptions,
  { observe = false }: JoinWays,
  invite: Invite | null,
): Promise<NodePlatform> {
  const { home, modules, identity, memoryBytes, spillBytes, spillDirectory, workerMemoryMb, host, port, wsPort } =
    options
  const memory = memoryBytes ?? (observe ? observerMemoryBytes : undefined)
  if (port !== undefined && port !== 0 && port === wsPort)
    throw new MeshError('INVALID_OPTION', `joinMesh: port and wsPort are both ${port}: one of them needs another`)
  try {
    return await createNodePlatform({
      home,
      modules,
      by: invite ?? undefined,
      identity: observe ? 'fresh' : identity,
      memoryBytes: memory,
      spillBytes: observe ? 0 : spillBytes,
      spillDirectory,
      workerMemoryMb,
      host,
      port,
      wsPort,
    })
  } catch (error) {
    if (error instanceof PortInUseError || error instanceof ListenError || error instanceof KeyFileError)
      throw new MeshError(error.code, `joinMesh: ${error.message}`, { cause: error })
    if (error instanceof DiskError)
      throw new MeshError('INVALID_OPTION', `joinMesh: ${error.message}`, { cause: error })
    throw error
  }
}

function startPeer(node: NodePlatform, options: JoinOptions, { observe = false, logged }: JoinWays): Peer {
  const { platform, identity } = node
  const role = observe ? 'observer' : platform.admission.role
  const onlyLooks = role === 'observer'
  const { slots = Math.max(1, availableParallelism() - 1), resources = {} } = options
  const profile: Profile = {
    version: 1,
    name: identity.name,
    kind: 'node',
    slots: onlyLooks ? 0 : slots,
    labels: { ...labelsOf(options), kind: 'node' },
    resources,
    memoryBytes: onlyLooks ? 0 : platform.store.limitBytes,
    // A machine with many networks has more than others take.
    addresses: platform.transport.addresses().slice(0, limits.addresses),
    domain: hostname(),
    ...(role !== 'member' && { role }),
  }
  const peer: Peer = new Peer({
    platform,
    self: lifeId(identity.peer, identity.life),
    profile,
    config: presets[options.preset ?? 'lan'],
    see: inspect,
    logged: (line) => tell?.(line),
  })
  const isShown = options.taskOutput !== 'none'
  // What tasks print here is for whoever asked for them; what a worker says of itself is for us.
  const tell = logged ? logged(peer) : isShown ? printWorkers : undefined
  if (!logged && isShown) {
    peer.events.addEventListener('task:printed', print)
    peer.events.addEventListener('task:stuck', printStuck)
  }
  return peer
}

function printWorkers({ attempt, text }: { readonly attempt: unknown; readonly text: string }): void {
  if (attempt === null) process.stderr.write(`${text}\n`)
}

function print({ detail }: CustomEventInit<Extract<Notice, { type: 'task:printed' }>>): void {
  if (detail) process.stderr.write(`${printedText(detail)}\n`)
}

function printStuck({ detail }: CustomEventInit<Extract<Notice, { type: 'task:stuck' }>>): void {
  if (detail) process.stderr.write(`${stuckText(detail)}\n`)
}

/** Nothing was named: a living peer's of this user on this machine, else none. */
async function entriesHere(
  node: NodePlatform,
  { observe = false, say = sayOnStderr }: JoinWays,
): Promise<readonly string[]> {
  const living = await livingOthers(node)
  const [first] = living
  if (first) {
    say(`joining the mesh of ${first.name} on this machine`)
    return entriesOf(living)
  }
  if (observe)
    throw new MeshError(
      'NOT_FOUND',
      'no mesh of yours runs on this machine: start one with murmur up, or name a peer of one with --entry',
    )
  say('no peer of yours runs on this machine: founding a mesh')
  return []
}

function announce({ home, identity, platform }: NodePlatform): Promise<RunFile | undefined> {
  const { peer, name } = identity
  const running = {
    pid: process.pid,
    peer,
    name,
    addresses: platform.transport.addresses(),
    startedAt: Date.now(),
    mesh: platform.admission.mesh,
  }
  // A home that cannot be written is no reason not to compute.
  return writeRunFile(home, running).catch(() => undefined)
}

function sayOnStderr(sentence: string): void {
  process.stderr.write(`murmuration: ${sentence}\n`)
}
