// What an actor takes as options, and its calls; how they become the spec and the policy that travel.

import type { ActorSpec } from './model/actor.ts'
import { limits } from './model/limits.ts'
import type { Lead } from './model/stream.ts'
import type { Policy } from './model/task.ts'
import * as is from './option-rules.ts'
import { checkOptions, type Rules } from './option-rules.ts'
import { ahead, budget, type CallOptions, checkKind, checkNeeds, defaultPolicy, needs, withPolicy } from './options.ts'
import type { ActorOptions, CheckpointOptions, MethodOptions } from './types.ts'

const actorRules: Rules = {
  name: is.name,
  getIfExists: is.flag,
  restarts: budget,
  callRetries: budget,
  onceOnly: is.flag,
  concurrency: is.whole(1, limits.slots),
  lifetime: is.oneOf('attached', 'detached'),
  maxPendingCalls: is.whole(1),
  checkpoint: { expected: 'an object, { everyCalls: 1 }', ok: is.isRecord },
  needs,
  prefer: needs,
  spread: is.flag,
  priority: is.finite,
  onCodeChange: is.oneOf('refuse', 'keep', 'restore'),
}
const checkpointRules: Rules = { everyCalls: is.whole(0) }

const methodRules: Rules = {
  name: is.name,
  key: is.text(limits.textLength),
  retries: budget,
  timeoutMs: is.duration,
  attemptTimeoutMs: is.duration,
  signal: is.signal,
  copies: is.whole(1),
  ahead,
}

/** How an actor is to be spawned, after defaults. */
export interface SpawnOptions {
  readonly policy: Policy
  readonly spec: Omit<ActorSpec, 'callRetries'>
  /** Undefined: as `onceOnly` says. */
  readonly callRetries: number | undefined
}

export function defaultSpawn(needs: Policy['needs'], generators: readonly string[]): SpawnOptions {
  return {
    // What an actor is cannot be made again from its spec: only its restarts count.
    policy: { ...defaultPolicy, retries: 0, rebuilds: 0, needs },
    spec: {
      concurrency: 1,
      everyCalls: 1,
      onceOnly: false,
      detached: false,
      getIfExists: false,
      maxPendingCalls: 10_000,
      generators,
    },
    callRetries: undefined,
  }
}

/** Lays `options` over `base`. Throws MeshError INVALID_OPTION. */
export function withActorOptions(
  base: SpawnOptions,
  options: ActorOptions & CheckpointOptions,
  where: string,
): SpawnOptions {
  checkOptions(where, options, actorRules)
  checkOptions(`${where}: checkpoint`, options.checkpoint, checkpointRules)
  const { restarts, name, prefer, spread, priority, checkpoint = {}, lifetime } = options
  const policy = withPolicy(base.policy, {
    retries: restarts,
    name,
    needs: options.needs,
    prefer,
    spread,
    priority,
  })
  checkNeeds(where, options, policy)
  const { onCodeChange = base.spec.onCodeChange } = options
  const spec = {
    concurrency: options.concurrency ?? base.spec.concurrency,
    everyCalls: checkpoint.everyCalls ?? base.spec.everyCalls,
    onceOnly: options.onceOnly ?? base.spec.onceOnly,
    detached: lifetime === undefined ? base.spec.detached : lifetime === 'detached',
    getIfExists: options.getIfExists ?? base.spec.getIfExists,
    ...(onCodeChange !== undefined && onCodeChange !== 'refuse' && { onCodeChange }),
    maxPendingCalls: options.maxPendingCalls ?? base.spec.maxPendingCalls,
    generators: base.spec.generators,
  }
  return { policy, spec, callRetries: options.callRetries ?? base.callRetries }
}

/** As it travels. */
export function actorSpec({ spec, callRetries }: SpawnOptions): ActorSpec {
  return { ...spec, callRetries: callRetries ?? (spec.onceOnly ? -1 : 0) }
}

/** What only makes sense together. Throws MeshError INVALID_OPTION. */
export function checkSpawn({ policy, spec }: SpawnOptions, where: string): void {
  if (spec.generators.length > limits.generators)
    throw is.invalid(
      `${where}: a class may have ${limits.generators} generator methods; it has ${spec.generators.length}`,
    )
  if (spec.onCodeChange !== undefined && !spec.getIfExists)
    throw is.invalid(`${where}: onCodeChange is about an actor that is there already: add getIfExists: true`)
  if (policy.name !== null) return
  if (spec.detached) {
    const way = 'give it one, with({ name, lifetime })'
    throw is.invalid(`${where}: a detached actor is found again by its name: ${way}`)
  }
  if (spec.getIfExists)
    throw is.invalid(`${where}: getIfExists is about a name: give it one, with({ name, getIfExists })`)
}

/** How a call is made when nothing is said: it may have had its effect, so it is neither made again nor its result. `lead`: of a generator method. */
export function defaultCall(callRetries: number, lead: Lead): CallOptions {
  return { policy: { ...defaultPolicy, retries: callRetries, rebuilds: 0, ...lead }, key: '', signal: undefined }
}

/** Throws MeshError INVALID_OPTION. */
export function withMethodOptions(base: CallOptions, options: MethodOptions, where: string): CallOptions {
  checkOptions(where, options, methodRules)
  checkKind(base.policy, options, where)
  const policy = withPolicy(base.policy, options)
  return { key: options.key ?? base.key, signal: options.signal ?? base.signal, policy }
}
