// From a call to a submitted task, and from a value to a stored object. A call is the hot path: encode the
// arguments, make an id, submit, register a handle, nothing else. Only when an argument is large, or comes from
// a call that is itself not submitted yet, does the call go the long way: store first, then submit.

import { actorOf, handleIn } from './actors.ts'
import { isMeshError, MeshError } from './errors.ts'
import { type Handle, HandleTable } from './handles.ts'
import type { ActorSpec, CallSpec } from './model/actor.ts'
import { type ObjectId, resultOf } from './model/ids.ts'
import type { RefLink, TaskSpec } from './model/task.ts'
import type { CallOptions } from './options.ts'
import { onAbort } from './on-abort.ts'
import { isRef, Ref } from './refs.ts'
import type { BundleBytes, ExportInfo, LoadedModule } from './runtime/code-port.ts'
import type { ContextPort } from './runtime/context-port.ts'
import { type IdSource, idSource } from './runtime/digest.ts'
import { type HandleKind, refBrand } from './runtime/value-kinds.ts'
import { type Encoded, encode, encodeArgs } from './runtime/values.ts'
import { Stream } from './stream.ts'

/** What a call calls. */
export interface Target {
  readonly module: LoadedModule
  readonly info: ExportInfo
  /** For people: `tiles.render`. */
  readonly label: string
}

/** The same, of an actor: its class, or a method. */
export interface Callable {
  readonly module: Pick<LoadedModule, 'code' | 'bytes'>
  readonly info: Pick<ExportInfo, 'name' | 'digest'>
  readonly label: string
  /** What is made is an actor. */
  readonly actor?: ActorSpec | undefined
  /** It is a method of that actor. */
  readonly of?: (Omit<CallSpec, 'actor'> & { readonly handle: Handle }) | undefined
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
  /** It holds what it makes together with that one. */
  readonly sharing?: Submitter | undefined
  /** Who calls in place of this one when it is closed, or is an actor's own: the handles on actors stay. */
  readonly current?: (() => Submitter | undefined) | undefined
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
  readonly #ownsTable: boolean
  readonly #current: () => Submitter | undefined
  readonly #pending = new Set<Promise<void>>()
  #closed: MeshError | undefined
  /** Set while arguments are encoded, when a ref among them is not submitted yet. */
  #metPending = false

  constructor(options: SubmitterOptions) {
    this.port = options.port
    this.#ownsTable = options.sharing === undefined
    this.#current = options.current ?? (() => undefined)
    this.table = options.sharing?.table ?? new HandleTable(options, this.#found)
    this.#ids = idSource(options.port)
  }

  /** What stands in a value that was read here. */
  readonly #found = (handle: Handle, kind: HandleKind): unknown => standIn(this.#current() ?? this, handle, kind)

  /** What stands in a value that came to this very scope: calls of an actor are its own. */
  handleOn(link: RefLink, kind: HandleKind): unknown {
    return standIn(this, this.table.handleFor(link, kind), kind)
  }

  /** Who calls an actor whose handle came to be here: the call that has it from its arguments, else whatever runs now. */
  get atWork(): Submitter {
    const isCallUnderWay = this.#closed === undefined && !this.#ownsTable
    return isCallUnderWay ? this : (this.#current() ?? this)
  }

  /** Throws when the scope was closed. */
  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  close(error: MeshError): void {
    this.#closed = error
    if (this.#ownsTable) this.table.close()
  }

  flushed(): Promise<void> | undefined {
    return this.#pending.size === 0 ? undefined : Promise.all(this.#pending).then(() => this.flushed())
  }

  readonly #onRef = (ref: object): void => {
    const handle = handleIn(ref)
    if (handle === undefined) return
    handle.read = true
    if (handle.pending !== undefined || handle.broken !== undefined) this.#metPending = true
  }
  readonly #encoding = { onRef: this.#onRef }

  call(target: Callable, options: CallOptions, args: readonly unknown[]): Ref | Stream {
    const handle = this.submit(target, options, args)
    const { ahead } = options.policy
    return ahead > 0 ? new Stream(handle, ahead) : new Ref(handle)
  }

  /** The handle on what comes of it: nobody holds it yet. */
  submit(target: Callable, options: CallOptions, args: readonly unknown[]): Handle {
    if (this.#closed !== undefined) throw this.#closed
    options.signal?.throwIfAborted()
    this.#metPending = false
    const encoded = this.#encoded(target, args)
    // What becomes of its actor the call will tell.
    if (target.of !== undefined) target.of.handle.read = true
    const waits = this.#metPending || (target.of !== undefined && hasToWait(target.of.handle))
    if (waits || encoded.bytes.byteLength > this.port.inlineBytes) {
      return this.#submitWhenReady(target, options, { args, encoded })
    }
    const spec = this.#spec(target, options, encoded)
    this.port.submit(spec, target.module.bytes)
    const handle = this.#created(spec, target)
    if (options.signal !== undefined) cancelOnAbort(handle, options.signal)
    return handle
  }

  #created({ id, actor, policy }: TaskSpec, { label }: Callable): Handle {
    const handle = this.table.created(resultOf(id), label, policy.ahead === 0)
    handle.isActor = actor !== undefined
    return handle
  }

  /** What cannot travel is said of this call: from here, so that the stack has the line that made it. */
  #encoded({ label }: Pick<Callable, 'label'>, args: readonly unknown[]): Encoded {
    try {
      return encodeArgs(args, this.#encoding)
    } catch (error) {
      if (!isMeshError(error)) throw error
      const { code, message, cause } = error
      throw new MeshError(code, `${label}: ${message}`, { cause })
    }
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

  #spec(target: Callable, { policy, key }: CallOptions, { bytes, refs }: Encoded): TaskSpec {
    const { port } = this
    const { module, info } = target
    // What one peer has said is not what several have.
    const whole = policy.votes > 1 ? `${key}|votes ${policy.votes}` : key
    const id = this.#ids.task({ digest: info.digest, args: bytes, needs: policy.needs, key: whole })
    const { context, depth } = port
    const spec = { id, context, depth, code: module.code, fn: info.name, args: bytes, refs, policy }
    return target.actor === undefined && target.of === undefined ? spec : apart(spec, target)
  }

  #store({ bytes, refs }: Encoded, { copies, name = null }: Pick<PutCall, 'copies' | 'name'>): StoredArgument {
    const hash = this.port.sha256(bytes)
    const object = this.#ids.put(hash)
    return { object, stored: this.port.put({ object, bytes, hash, refs, copies, name }) }
  }

  #submitWhenReady(
    target: Callable,
    options: CallOptions,
    call: { args: readonly unknown[]; encoded: Encoded },
  ): Handle {
    const met = new Set<Handle>()
    const stores: StoredArgument[] = []
    const { args, encoded } = this.#withoutLarge(call, { met, stores, copies: options.policy.copies })
    // Encoded once more to learn which handles must stay until the spec holds their objects.
    encodeArgs(args, { onRef: collectInto(met) })
    const actor = target.of?.handle
    const held = actor === undefined ? [...met] : [...met, actor]
    for (const one of held) one.retain()
    const spec = this.#spec(target, options, encoded)
    const handle = this.#created(spec, target)
    handle.held = false
    const { bytes } = target.module
    const pending = this.#submitLater(spec, handle, { met, stores, bytes, actor }).finally(() => {
      handle.pending = undefined
      this.#pending.delete(pending)
      if (actor?.lastCall === pending) actor.lastCall = undefined
      for (const one of held) one.drop()
    })
    handle.pending = pending
    if (actor !== undefined) actor.lastCall = pending
    this.#pending.add(pending)
    if (options.signal !== undefined) cancelOnAbort(handle, options.signal)
    return handle
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
  async #submitLater(spec: TaskSpec, handle: Handle, { met, stores, bytes, actor }: Later): Promise<void> {
    const before = actor?.lastCall
    const outcomes = await Promise.allSettled(stores.map(({ stored }) => stored))
    try {
      await allSubmitted(met)
      await before
      if (actor !== undefined) await spawned(actor)
      const failed = outcomes.find((outcome) => outcome.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      this.checkOpen()
      this.port.submit(spec, bytes)
      handle.held = true
    } catch (error) {
      handle.broken = asMeshError(error)
    }
    if (this.#closed !== undefined && this.#ownsTable) return
    stores.forEach(({ object }, i) => {
      if (outcomes[i]!.status === 'fulfilled') this.table.port.release(object)
    })
  }
}

function standIn(home: Submitter, handle: Handle, kind: HandleKind): unknown {
  if (typeof kind === 'object') return actorOf(home, handle, kind)
  return kind === 'stream' ? new Stream(handle) : new Ref(handle)
}

/** What a call has to wait for before it is submitted. */
interface Later {
  readonly met: ReadonlySet<Handle>
  readonly stores: readonly StoredArgument[]
  readonly bytes: BundleBytes | null
  /** Whose method it is. */
  readonly actor: Handle | undefined
}

/** Its actor, or a call that comes before, is not submitted yet. */
function hasToWait({ pending, broken, lastCall }: Handle): boolean {
  return pending !== undefined || broken !== undefined || lastCall !== undefined
}

/** Throws ACTOR_DIED when it never was. */
async function spawned(actor: Handle): Promise<void> {
  await actor.pending
  const { broken, label } = actor
  if (broken === undefined) return
  actor.read = true
  throw new MeshError('ACTOR_DIED', `${label} was never spawned: ${broken.message}`, { cause: broken })
}

function apart(spec: TaskSpec, { actor, of }: Callable): TaskSpec {
  if (of === undefined) return { ...spec, actor }
  const { handle, maxPendingCalls, onceOnly } = of
  const { object, owner } = handle
  // It stays until it has answered.
  const refs = [...spec.refs, { object, owner, top: false }]
  return { ...spec, refs, call: { actor: object, maxPendingCalls, onceOnly } }
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
    const handle = handleIn(ref)
    if (handle === undefined) return
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
