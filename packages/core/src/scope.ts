// The public verbs, written once: over the peer's own port in a job, over a message port inside a task.
// Everything that decides lies behind the ContextPort; how a call becomes a task is submitting.ts.

import { actorClass, findActor, killActor } from './actors.ts'
import { MeshError } from './errors.ts'
import { mapOver } from './map.ts'
import type { RefLink } from './model/task.ts'
import { didYouMean } from './nearest.ts'
import {
  type CallOptions,
  checkOptions,
  defaultLead,
  noLead,
  defaultPolicy,
  fnRules,
  needsOf,
  putRules,
  useRules,
  withOptions,
} from './options.ts'
import { handlesOf, isHeld, isRef, Ref } from './refs.ts'
import { builtinBundle } from './runtime/builtin.ts'
import type { CodePort, LoadedModule } from './runtime/code-port.ts'
import type { ContextPort } from './runtime/context-port.ts'
import type { HandleKind } from './runtime/value-kinds.ts'
import type { Stream } from './stream.ts'
import { Submitter, type Target } from './submitting.ts'
import type { AnyRef, Fn, ObjectRef, PutOptions, Scope, TaskFunction, TaskOptions, UseOptions } from './types.ts'
import { getAll, settledOf, waitFor } from './waiting.ts'

export interface ScopeOptions {
  readonly port: ContextPort
  readonly code: CodePort
  /** Prints a line for people. Default: console.warn. */
  readonly warn?: ((message: string) => void) | undefined
  /** Whether dropped tasks are watched, to say so when one fails. Default true; false inside tasks, where watching is waiting. */
  readonly watchDropped?: boolean | undefined
  /** Maps the stacks of application errors to their sources. Default: as they are. */
  readonly mapStack?: ((stack: string) => string) | undefined
  /** What is got here is held by that one, beyond this scope: an actor's calls. Default: it ends with it. */
  readonly sharing?: OpenScope | undefined
  /** Who calls an actor in place of this scope, when it is closed and its handles are not. */
  readonly current?: (() => OpenScope | undefined) | undefined
}

/** A scope, and what whoever opened it needs to close it again. */
export interface OpenScope extends Scope {
  readonly submitter: Submitter
  /** A ref to an object that is known by name, and what to call it. */
  refTo(link: Pick<RefLink, 'object' | 'owner'>, label: string): ObjectRef<unknown>
  /** What stands for an object in a value that came to this scope. */
  handleOn(link: RefLink, kind: HandleKind): unknown
  /** Resolves when everything called for has been submitted. Undefined when nothing waits. */
  flushed(): Promise<void> | undefined
  /** Verbs throw `error` from now on; handles are forgotten, not released. */
  close(error: MeshError): void
}

/** The verbs over a port. They need no `this`: spread them into whatever the user holds. */
export function createScope(options: ScopeOptions): OpenScope {
  const { port, code, warn = (message: string) => console.warn(message), watchDropped = true } = options
  const { mapStack, sharing, current } = options
  const submitter = new Submitter({
    port,
    warn,
    watchDropped,
    mapStack,
    sharing: sharing?.submitter,
    current: current && (() => current()?.submitter),
  })
  return {
    submitter,
    ...codeVerbs(submitter, code),
    put: (value: unknown, options?: PutOptions) => put(submitter, value, options) as never,
    get: (refs, options) => getAll(refs, options) as never,
    wait: (refs, options) => waitFor(refs, options),
    settled: (refs) => settledOf(refs),
    map: (inputs, call, options) => mapOver(inputs, call, options),
    actor: (name, options) => findActor(submitter, name, options) as never,
    kill: (actor, reason) => killActor(actor, reason),
    refTo: (link, label) => new Ref(submitter.table.handle(link, label)),
    handleOn: (link, kind) => submitter.handleOn(link, kind),
    flushed: () => submitter.flushed(),
    close: (error) => submitter.close(error),
  }
}

function codeVerbs(submitter: Submitter, code: CodePort): Pick<Scope, 'use' | 'fn' | 'all'> {
  let all: TaskFunction<Fn> | undefined
  return {
    async use(url: URL, options: UseOptions = {}) {
      submitter.checkOpen()
      checkUse(url, options)
      const { env = {}, assets = [], external = [] } = options
      return moduleOf(submitter, await code.use(url, { env, assets, external })) as never
    },
    fn(f: Fn, options: { constants?: Readonly<Record<string, unknown>> | undefined } = {}) {
      submitter.checkOpen()
      checkOptions('fn', options, fnRules)
      if (typeof f !== 'function')
        throw new MeshError('INVALID_OPTION', `fn: expected a function, received ${typeof f}`)
      const module = code.fn(f, options.constants ?? {})
      const label = f.name || module.name || 'fn'
      return verbOf(submitter, { module, info: module.exports[0]!, label }) as never
    },
    all(refs: readonly AnyRef[]) {
      submitter.checkOpen()
      handlesOf('all', refs)
      const { module } = builtinBundle(submitter.port.sha256)
      all ??= taskFunction(submitter, { module, info: module.exports[0]!, label: 'all' })
      return all(...(refs as never[])) as never
    },
  }
}

function checkUse(url: URL, options: UseOptions): void {
  checkOptions('use', options, useRules)
  if (url instanceof URL) return
  const how = "new URL('./tiles.task.ts', import.meta.url)"
  throw new MeshError('INVALID_OPTION', `use: expected a URL, as in mesh.use(${how}); received ${typeof url}`)
}

async function put(submitter: Submitter, value: unknown, options: PutOptions = {}): Promise<Ref> {
  submitter.checkOpen()
  checkOptions('put', options, putRules)
  if (isHeld(value)) {
    const what = isRef(value) ? 'ref' : 'stream'
    const way = `use the ${what} as it is, or put an object around it`
    throw new MeshError('UNSERIALIZABLE', `put: the value is a ${what}, so it is stored already; ${way}`)
  }
  const { name, copies = defaultPolicy.copies, transfer = false } = options
  return submitter.put(value, { label: name ?? 'put', copies, transfer, name })
}

/** A module as a plain object of task functions and classes of actors. */
function moduleOf(submitter: Submitter, module: LoadedModule): Readonly<Record<string, unknown>> {
  const name = module.name.replace(/\.task\.[cm]?[jt]sx?$/, '')
  const entries = module.exports.map((info) => [
    info.name,
    verbOf(submitter, { module, info, label: `${name}.${info.name}` }),
  ])
  return Object.freeze(Object.fromEntries(entries)) as Readonly<Record<string, unknown>>
}

function verbOf(submitter: Submitter, target: Target): unknown {
  return target.info.kind === 'class' ? actorClass(submitter, target) : taskFunction(submitter, target)
}

/** Throws MeshError INVALID_OPTION. */
function checkEquals({ module, label }: Target, equals: string | undefined): void {
  const functions = module.exports.filter(({ kind }) => kind === 'function').map(({ name }) => name)
  if (equals === undefined || functions.includes(equals)) return
  const there = `it exports ${functions.join(', ') || 'no function'}`
  throw new MeshError(
    'INVALID_OPTION',
    `${label}: equals must name an exported function of ${module.name}; received ${JSON.stringify(equals)}${didYouMean(equals, functions)}; ${there}`,
  )
}

function taskFunction(submitter: Submitter, target: Target): TaskFunction<Fn> {
  const lead = target.info.kind === 'generator' ? defaultLead : noLead
  const policy = { ...defaultPolicy, needs: needsOf(target.module), ...lead }
  const base: CallOptions = { policy, key: '', signal: undefined }
  return withCall(submitter, target, base)
}

function withCall(submitter: Submitter, target: Target, options: CallOptions): TaskFunction<Fn> {
  const call = (...args: unknown[]): Ref | Stream => submitter.call(target, options, args)
  const added = {
    with: (more: TaskOptions) => {
      const laid = withOptions(options, more, target.label)
      checkEquals(target, more.equals)
      return withCall(submitter, { ...target, label: laid.policy.name ?? target.label }, laid)
    },
    as: () => call,
    // TypeScript knows of none.
    spawn: () => {
      throw new MeshError(
        'INVALID_OPTION',
        `${target.label} is a function: call it, ${target.label}(…); actors are made of classes`,
      )
    },
  }
  Object.defineProperty(call, 'name', { value: target.label })
  return Object.assign(call, added) as unknown as TaskFunction<Fn>
}
