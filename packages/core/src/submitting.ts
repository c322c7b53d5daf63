// From a call to a submitted task, and from a value to a stored object. A call is the hot path: encode the
// arguments, make an id, submit, register a handle, nothing else. Only when an argument is large, or comes from
// a call that is itself not submitted yet, does the call go the long way: store first, then submit.

import { MeshError } from './errors.ts'
import { type Handle, HandleTable } from './handles.ts'
import { type ObjectId, resultOf } from './model/ids.ts'
import type { RefLink, TaskSpec } from './model/task.ts'
import type { CallOptions } from './options.ts'
import { onAbort } from './on-abort.ts'
import { handleOf, isHeld, isRef, Ref } from './refs.ts'
import type { ExportInfo, LoadedModule } from './runtime/code-port.ts'
import type { ContextPort } from './runtime/context-port.ts'
import { type IdSource, idSource } from './runtime/digest.ts'
import { refBrand } from './runtime/value-kinds.ts'
import { type Encoded, encode, encodeArgs } from './runtime/values.ts'
import { Stream } from './stream.ts'

/** What a call calls. */
export interface Target {
  readonly module: LoadedModule
  readonly info: ExportInfo
  /** For people: `tiles.render`. */
  readonly label: string
}

export interface PutCall {
  readonly label: string
  readonly copies: number
  readonly transfer: boolean
  /** What to find it by in a named job. */
  readonly name?: string | null | undefined
}

export interface SubmitterOptions {
  readonly port: ContextPort
  readonly warn: (message: string) => void
  readonly watchDropped: boolean
  readonly mapStack?: ((stack: string) => string) | undefined
}

/** An argument stored on its own: the port holds it for us until the task's spec does. */
interface StoredArgument {
  readonly object: ObjectId
  readonly stored: Promise<void>
}

export class Submitter {
  readonly port: ContextPort
  readonly table: HandleTable
  readonly #ids: IdSource
  readonly #pending = new Set<Promise<void>>()
  #closed: MeshError | undefined
  /** Set while arguments are encoded, when a ref among them is not submitted yet. */
  #metPending = false

  constructor(options: SubmitterOptions) {
    this.port = options.port
    this.table = new HandleTable(options, (handle, isStream) => (isStream ? new Stream(handle) : new Ref(handle)))
    this.#ids = idSource(options.port)
  }

  /** Throws when the scope was closed. */
  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  close(error: MeshError): void {
    this.#closed = error
    this.table.close()
  }

  flushed(): Promise<void> | undefined {
    return this.#pending.size === 0 ? undefined : Promise.all(this.#pending).then(() => this.flushed())
  }

  readonly #onRef = (ref: object): void => {
    if (!isHeld(ref)) return
    const handle = handleOf(ref)
    handle.read = true
    if (handle.pending !== undefined || handle.broken !== undefined) this.#metPending = true
  }
  readonly #encoding = { onRef: this.#onRef }

  call(target: Target, options: CallOptions, args: readonly unknown[]): Ref | Stream {
    if (this.#closed !== undefined) throw this.#closed
    options.signal?.throwIfAborted()
    this.#metPending = false
    const encoded = encodeArgs(args, this.#encoding)
    if (this.#metPending || encoded.bytes.byteLength > this.port.inlineBytes) {
      return this.#callLater(target, options, { args, encoded })
    }
    const spec = this.#spec(target, options, encoded)
    this.port.submit(spec, target.module.source)
    const handle = this.table.created(resultOf(spec.id), target.label, !isGenerator(target))
    if (options.signal !== undefined) cancelOnAbort(handle, options.signal)
    return heldBy(handle, spec)
  }

  async put(value: unknown, options: PutCall): Promise<Ref> {
    this.checkOpen()
    const met = new Set<Handle>()
    const encoded = encode(value, { onRef: collectInto(met) })
    if (options.transfer) giveAway(value)
    for (const handle of met) handle.retain()
    try {
      await allSubmitted(met)
      const { object, stored } = this.#store(encoded, options)
      await stored
      return new Ref(this.table.created(object, options.label, false))
    } finally {
      for (const handle of met) handle.drop()
    }
  }

  #spec({ module, info }: Target, { policy, key }: CallOptions, { bytes, refs }: Encoded): TaskSpec {
    const { port } = this
    const id = this.#ids.task({ digest: info.digest, args: bytes, needs: policy.needs, key })
    return { id, context: port.context, depth: port.depth, code: module.code, fn: info.name, args: bytes, refs, policy }
  }

  #store({ bytes, refs }: Encoded, { copies, name = null }: Pick<PutCall, 'copies' | 'name'>): StoredArgument {
    const hash = this.port.sha256(bytes)
    const object = this.#ids.put(hash)
    return { object, stored: this.port.put({ object, bytes, hash, refs, copies, name }) }
  }

  #callLater(target: Target, options: CallOptions, call: { args: readonly unknown[]; encoded: Encoded }): Ref | Stream {
    const met = new Set<Handle>()
    const stores: StoredArgument[] = []
    const { args, encoded } = this.#withoutLarge(call, { met, stores, copies: options.policy.copies })
    // Encoded once more to learn which handles must stay until the spec holds their objects.
    encodeArgs(args, { onRef: collectInto(met) })
    for (const handle of met) handle.retain()
    const spec = this.#spec(target, options, encoded)
    const handle = this.table.created(resultOf(spec.id), target.label, !isGenerator(target))
    handle.held = false
    const { source } = target.module
    const pending = this.#submitLater(spec, handle, { met, stores, source }).finally(() => {
      handle.pending = undefined
      this.#pending.delete(pending)
      for (const one of met) one.drop()
    })
    handle.pending = pending
    this.#pending.add(pending)
    if (options.signal !== undefined) cancelOnAbort(handle, options.signal)
    return heldBy(handle, spec)
  }

  /** Arguments that are large on their own are stored and replaced by refs, as if the caller had put them. */
  #withoutLarge(
    { args, encoded }: { args: readonly unknown[]; encoded: Encoded },
    { met, stores, copies }: { met: Set<Handle>; stores: StoredArgument[]; copies: number },
  ): { args: readonly unknown[]; encoded: Encoded } {
    if (encoded.bytes.byteLength <= this.port.inlineBytes) return { args, encoded }
    const limit = Math.max(1024, this.port.inlineBytes / args.length)
    const small = args.map((arg, i) => {
      if (typeof arg !== 'object' || arg === null || isRef(arg)) {
        if (typeof arg !== 'string' || arg.length <= limit) return arg
      }
      const one = encode(arg, { root: `args[${i}]`, onRef: collectInto(met) })
      if (one.bytes.byteLength <= limit) return arg
      const { object, stored } = this.#store(one, { copies })
      stores.push({ object, stored })
      return new StoredRef({ object, owner: this.port.self })
    })
    return { args: small, encoded: encodeArgs(small) }
  }

  /** Never rejects: what goes wrong becomes the handle's own failure. */
  async #submitLater(
    spec: TaskSpec,
    handle: Handle,
    { met, stores, source }: { met: ReadonlySet<Handle>; stores: readonly StoredArgument[]; source: Uint8Array | null },
  ): Promise<void> {
    const outcomes = await Promise.allSettled(stores.map(({ stored }) => stored))
    try {
      await allSubmitted(met)
      const failed = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      this.checkOpen()
      this.port.submit(spec, source)
      handle.held = true
    } catch (error) {
      handle.broken = asMeshError(error)
    }
    if (this.#closed !== undefined) return
    stores.forEach(({ object }, i) => {
      if (outcomes[i]!.status === 'fulfilled') this.port.release(object)
    })
  }
}

function isGenerator({ info }: Target): boolean {
  return info.kind === 'generator'
}

function heldBy(handle: Handle, { policy }: TaskSpec): Ref | Stream {
  return policy.ahead > 0 ? new Stream(handle, policy.ahead) : new Ref(handle)
}

/** Stands in an argument list for a value that was stored on its own. */
class StoredRef {
  readonly [refBrand]: Pick<RefLink, 'object' | 'owner'>

  constructor(link: Pick<RefLink, 'object' | 'owner'>) {
    this[refBrand] = link
  }
}

function collectInto(met: Set<Handle>): (ref: object) => void {
  return (ref) => {
    if (!isHeld(ref)) return
    const handle = handleOf(ref)
    handle.read = true
    met.add(handle)
  }
}

/** Throws ARGUMENT_FAILED when one of them never will be. */
async function allSubmitted(handles: ReadonlySet<Handle>): Promise<void> {
  for (const handle of handles) {
    if (handle.pending !== undefined) await handle.pending
    const { broken, label } = handle
    if (broken !== undefined) {
      throw new MeshError('ARGUMENT_FAILED', `the argument ${label} failed: ${broken.message}`, { cause: broken })
    }
  }
}

function cancelOnAbort(handle: Handle, signal: AbortSignal): void {
  const abort = (): void => {
    if (handle.isSettled) return
    const { port } = handle.table
    const reason: unknown = signal.reason
    const why = reason instanceof Error ? reason.message : String(reason)
    const cancel = (): Promise<void> => port.cancel(handle.object, handle.owner, why)
    void (handle.pending ?? Promise.resolve()).then(cancel).catch(() => {})
  }
  handle.onLeave = onAbort(signal, abort)
}

/** Detaches the caller's buffer: its bytes are ours now. */
function giveAway(value: unknown): void {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] })
}

function asMeshError(error: unknown): MeshError {
  if (error instanceof MeshError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new MeshError('INTERNAL', message, { cause: error })
}
