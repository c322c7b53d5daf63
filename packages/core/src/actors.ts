// What a user holds of an actor: a handle whose methods are calls. Nobody who got a handle knows the class, so it is a Proxy:
// any name is a method until the actor says that it is none. Never a thenable; printing one says what it is. No
// decisions: where the actor lives and in which order calls run, the machine finds out.

import { type ActorLink, actorBrand, type ActorNote, labelOf } from './actor-note.ts'
import {
  actorSpec,
  checkSpawn,
  defaultCall,
  defaultSpawn,
  type SpawnOptions,
  withActorOptions,
  withMethodOptions,
} from './actor-options.ts'
import { MeshError } from './errors.ts'
import type { Handle } from './handles.ts'
import { type Hold, holdFor } from './hold.ts'
import { clip } from './model/limits.ts'
import { type CallOptions, checkOptions, defaultLead, needsOf, noLead, waitRules } from './options.ts'
import { name as nameRule } from './option-rules.ts'
import { handleOf, isHeld } from './refs.ts'
import type { Callable, Submitter, Target } from './submitting.ts'
import type { ActorClass, ActorOptions, Fn, MethodOptions, WaitOptions } from './types.ts'
import { within } from './within.ts'

const inspect = Symbol.for('nodejs.util.inspect.custom')
const targets = new WeakMap<object, ActorTarget>()

/** Behind the Proxy: what symbols name is its own, what strings name are methods. */
class ActorTarget {
  readonly #hold: Hold
  readonly #note: ActorNote
  readonly #home: Submitter
  readonly #methods = new Map<string, Fn>()

  constructor(home: Submitter, handle: Handle, note: ActorNote) {
    this.#home = home
    this.#note = note
    this.#hold = holdFor(this, handle)
  }

  /** The handle, which must not have been disposed. */
  get handle(): Handle {
    this.#checkHeld()
    return this.#hold.handle
  }

  #checkHeld(): void {
    const { handle, isOver } = this.#hold
    if (isOver) throw new MeshError('OBJECT_LOST', `this handle on ${handle.label} was disposed`, { reason: 'freed' })
  }

  get [actorBrand](): ActorLink {
    const { object, owner } = this.handle
    return { object, owner, note: this.#note }
  }

  // The Proxy is what these are called on, and it has nothing private.
  get [Symbol.dispose](): () => void {
    return () => this.#hold.end()
  }

  get [inspect](): () => string {
    return () => this.#describe()
  }

  get [Symbol.toPrimitive](): () => never {
    return () => this.refuse()
  }

  /** For whoever takes it for a value. */
  readonly refuse = (): never => {
    throw new TypeError(this.#describe())
  }

  #describe(): string {
    return `Actor ${this.#hold.handle.now()}: call its methods, await actor.method(…).get()`
  }

  method(name: string): Fn {
    let known = this.#methods.get(name)
    if (known === undefined) this.#methods.set(name, (known = this.#method(name)))
    return known
  }

  #method(name: string): Fn {
    const { code, callRetries, label, onceOnly, maxPendingCalls, generators } = this.#note
    const yields = generators.includes(name)
    // What was yielded is not kept: such a call is made again, not answered again.
    const of = { handle: this.#hold.handle, onceOnly: onceOnly && !yields, maxPendingCalls }
    // The actor is part of what is called: of two the same method is another one.
    const digest = `${this.#hold.handle.object} ${name}`
    const callable = { module: { code, bytes: null }, info: { name, digest }, label: `${label}.${name}`, of }
    return this.#withCall(callable, defaultCall(callRetries, yields ? defaultLead : noLead))
  }

  #withCall(callable: Callable, options: CallOptions): Fn {
    const call = (...args: unknown[]): unknown => {
      this.#checkHeld()
      return this.#home.atWork.call(callable, options, args)
    }
    const added = {
      with: (more: MethodOptions) => {
        const laid = withMethodOptions(options, more, callable.label)
        return this.#withCall({ ...callable, label: laid.policy.name ?? callable.label }, laid)
      },
      as: () => call,
    }
    Object.defineProperty(call, 'name', { value: callable.label })
    return Object.assign(call, added)
  }
}

/** Names that engines and tools ask every object for. */
const noMethods: ReadonlySet<string> = new Set(['then', 'constructor', '~actor', '~ref'])

const traps: ProxyHandler<ActorTarget> = {
  get(target, key) {
    if (typeof key === 'symbol') return Reflect.get(target, key, target) as unknown
    if (noMethods.has(key)) return undefined
    // `{}` would say nothing of what is missing.
    return key === 'toJSON' ? target.refuse : target.method(key)
  },
  has: (target, key) => typeof key === 'symbol' && Reflect.has(target, key),
  ownKeys: () => [],
  getOwnPropertyDescriptor: () => undefined,
  set: refuseChange,
  defineProperty: refuseChange,
  deleteProperty: refuseChange,
  setPrototypeOf: refuseChange,
}

function refuseChange(): never {
  throw new TypeError('the state of an actor is its own: change it by calling a method')
}

export function actorOf(home: Submitter, handle: Handle, note: ActorNote): object {
  const target = new ActorTarget(home, handle, note)
  const actor = new Proxy(target, traps)
  targets.set(actor, target)
  return actor
}

/** The handle behind an actor of ours; undefined for anything else. */
export function actorHandle(value: unknown): Handle | undefined {
  return targets.get(value as object)?.handle
}

/** The handle behind a ref, a stream or an actor; undefined for what stands for an object here, but is none of a user's. */
export const handleIn = (value: object): Handle | undefined => (isHeld(value) ? handleOf(value) : actorHandle(value))

export function actorClass(submitter: Submitter, target: Target): ActorClass<never> {
  return withSpawn(submitter, target, defaultSpawn(needsOf(target.module), target.info.generators ?? []))
}

function withSpawn(submitter: Submitter, target: Target, options: SpawnOptions): ActorClass<never> {
  const { label } = target
  // Called as what it is not, it says so; TypeScript has said it before.
  const refuse = (): never => {
    throw new MeshError('INVALID_OPTION', `${label} is a class: make an actor of it with ${label}.spawn(…)`)
  }
  const added = {
    spawn: (...args: unknown[]) => spawn(submitter, target, { options, args }),
    with: (more: ActorOptions) => withSpawn(submitter, target, withActorOptions(options, more, label)),
  }
  Object.defineProperty(refuse, 'name', { value: label })
  return Object.assign(refuse, added) as never
}

function spawn(
  submitter: Submitter,
  target: Target,
  { options, args }: { options: SpawnOptions; args: unknown[] },
): object {
  const { policy } = options
  checkSpawn(options, `${target.label}.spawn`)
  const { name } = policy
  const actor = actorSpec(options)
  const label = labelOf({ label: target.label, name })
  const handle = submitter.submit({ ...target, label, actor }, { policy, key: name ?? '', signal: undefined }, args)
  const { callRetries, onceOnly, maxPendingCalls, generators } = actor
  const { code } = target.module
  const note = { code, label: target.label, name, callRetries, onceOnly, maxPendingCalls, generators }
  return actorOf(submitter, handle, note)
}

/** Rejects with NOT_FOUND when nobody has one of that name. */
export async function findActor(submitter: Submitter, name: string, options: WaitOptions = {}): Promise<object> {
  submitter.checkOpen()
  if (!nameRule.ok(name)) throw new MeshError('INVALID_OPTION', `actor: expected its name, ${nameRule.expected}`)
  checkOptions('actor', options, waitRules)
  const { settled, stop } = submitter.port.findActor(name)
  try {
    const found = await within(
      settled,
      options,
      () => `no answer who has the actor '${name}' after ${options.timeoutMs} ms`,
    )
    if (found === null) throw notFound(name)
    const { object, owner, code, fn, calls } = found
    const note = { code, label: fn, name, ...calls }
    return actorOf(submitter, submitter.table.handle({ object, owner }, labelOf(note)), note)
  } finally {
    stop()
  }
}

function notFound(name: string): MeshError {
  const way = 'spawn it with({ name, getIfExists: true }), which finds it or makes it'
  return new MeshError('NOT_FOUND', `actor: nobody here has an actor named '${name}': ${way}`)
}

/** Resolves when it has ended. */
export async function killActor(actor: unknown, reason = 'killed'): Promise<void> {
  const handle = actorHandle(actor)
  if (handle === undefined)
    throw new MeshError('INVALID_OPTION', 'kill: expected an actor of this mesh; to end a task, use ref.cancel()')
  await handle.pending
  if (handle.broken !== undefined) return
  await handle.table.port.cancel(handle.object, handle.owner, clip(reason))
}
