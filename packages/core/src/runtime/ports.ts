// The doors of the shell: what core asks of a platform. A platform package implements these
// interfaces (bytes between peers, bytes kept, workers, time, and the few things beside them) and
// nothing else; the contract suites hold it to them. The simulator does without: it drives the
// machine itself and stands in for the whole shell.

import type { Endpoint } from 'comlink'
import type { CodeId, ObjectId, PeerId } from '../model/ids.ts'
import type { FoundNote } from '../model/object.ts'
import type { Admission } from '../trust/admission.ts'
import type { SharedMemory } from './shared-memory.ts'

/** A two-way stream of bytes with honest backpressure. Chunk boundaries mean nothing. */
export interface ByteStream {
  /** False when the writer should wait for `onDrain` before sending more. Throws nothing: a dead stream drops. */
  send(bytes: Uint8Array): boolean
  /** The bytes may be a view on shared memory that is reused: copy what you keep. */
  onData(listener: (bytes: Uint8Array) => void): void
  onDrain(listener: () => void): void
  /**
   * Called exactly once, also when the other side or the process behind it is gone. Without an error only when
   * the other side closed and everything it sent was delivered.
   */
  onClose(listener: (error?: Error) => void): void
  /** Stops reading; the sender stalls when the window is full. */
  pause(): void
  resume(): void
  /** Ends our writing after what was sent; the other side, when it has read that, ends its own. `abort` throws it away. */
  close(): void
  abort(reason: string): void
}

export type StreamKind = 'link' | 'object'

/** Why a dial failed. `refused`: the machine answered that nobody listens there. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly refused: boolean
  constructor(message: string, options: { refused: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.refused = options.refused
  }
}

export interface Transport {
  readonly self: PeerId
  /** Where others reach this peer, as multiaddrs with the peer id. */
  addresses(): readonly string[]
  /** Called before anything is dialled; inbound streams before this are refused. */
  onStream(listener: (kind: StreamKind, from: PeerId, stream: ByteStream) => void): void
  /** Opens a stream to a known peer, over the connection that stands or a new one. Rejects with DialError. */
  open(kind: StreamKind, peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<ByteStream>
  /** Dials an address whose peer is not known yet. Rejects with DialError. */
  find(address: string, signal: AbortSignal): Promise<PeerId>
  /** Closes the connection to a peer, if any. */
  hangUp(peer: PeerId, reason: string): void
  stop(): Promise<void>
}

/** Bytes by id. Nothing here knows what they mean or who else has them. */
export interface ObjectStore {
  readonly limitBytes: number
  usedBytes(): number
  has(id: ObjectId): boolean
  /** Undefined when absent. */
  sizeOf(id: ObjectId): number | undefined
  /** Undefined when absent. The bytes are shared, not copied: never write to them. Rejects with SpoiltError when they are not what was put; they are gone then. */
  get(id: ObjectId): Promise<Uint8Array | undefined>
  /** Keeps the bytes as they are (no copy). Rejects with OVERLOADED when they do not fit. `hash`: their SHA-256, where it is known. */
  put(id: ObjectId, bytes: Uint8Array, hash?: string): Promise<void>
  /** Whoever reads the bytes at this moment gets them whole. */
  delete(id: ObjectId): void
  close(): Promise<void>
}

/** Bytes that outlive the process, each with a label that says what they are and who counted on them. */
export interface SpillStore extends ObjectStore {
  /** As `put`; of bytes that are here already only the label is written. */
  keep(label: FoundNote, bytes: Uint8Array | null): Promise<void>
  labelOf(id: ObjectId): FoundNote | undefined
  /** What was here when the store was opened, the oldest first. */
  found(): readonly FoundNote[]
}

/** Bytes were not what they had been: broken memory, a broken disk, or somebody's hand. */
export class SpoiltError extends Error {
  override readonly name = 'SpoiltError'
}

/** A started worker: a comlink endpoint, and the only two things comlink cannot tell. */
export interface WorkerThread {
  readonly endpoint: Endpoint
  /** Makes what reports and answers travel by, besides. Default: the platform's own. */
  readonly createChannel?: (() => MessageChannel) | undefined
  /** Called exactly once when the worker is gone, whoever ended it. */
  onExit(listener: (exit: WorkerExit) => void): void
  terminate(): Promise<void>
}

export interface WorkerExit {
  readonly reason: 'out-of-memory' | 'exit' | 'uncaught' | 'terminated'
  /** For people: the exit code, or the uncaught error's first lines. */
  readonly detail: string
}

/** Starts a worker whose module calls `exposeWorkerHost`. `env` is all the environment it sees. */
export type SpawnWorker = (env: Readonly<Record<string, string>>) => WorkerThread

/** SHA-256 in hex. Synchronous, since ids are needed at the call. */
export type Sha256 = (...parts: readonly (Uint8Array | string)[]) => string

/** SHA-256 of bytes that come in pieces. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** In hex. Called once. */
  digest(): string
}

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Wall clock, for people and for noticing that the machine slept. */
  wall(): number
  /** Calls back once what has already happened has been told: events of one moment become one turn. */
  soon(callback: () => void): void
  /** One timer; setting it again replaces it. Infinity clears it. */
  wakeAt(at: number, callback: () => void): void
}

/** What a worker imports a bundle by: in Node a file's URL, in a page, of which its workers reach nothing, the text itself. */
export type CodeUrl = (code: CodeId, source: Uint8Array) => Promise<string>

/** A file that came with a module, where its workers can open it: a path. */
export type AssetFile = (asset: { readonly hash: string; readonly name: string }, bytes: Uint8Array) => Promise<string>

/** What a platform hands to core to make a peer. */
export interface Platform {
  readonly kind: 'node' | 'browser'
  readonly transport: Transport
  /** In memory. */
  readonly store: ObjectStore
  /** For what memory has no room for, and for the next process of this peer. Absent: there is none. */
  readonly disk?: SpillStore | undefined
  readonly clock: Clock
  readonly sha256: Sha256
  readonly createHasher: () => Hasher
  readonly spawnWorker: SpawnWorker
  readonly codeUrl: CodeUrl
  /** Absent: workers have no files, and get the bytes. */
  readonly assetFile?: AssetFile | undefined
  /** What one more worker shares with this thread. Absent: everything travels as messages. */
  readonly shareMemory?: (() => SharedMemory) | undefined
  /** By the mesh's key, or by an invite. */
  readonly admission: Admission
  /** Uniform random bytes, for seeds and names. */
  randomBytes(length: number): Uint8Array
}
