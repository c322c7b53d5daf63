// The public types of actors: a class whose instances live in the mesh, a handle on one, and their options. What
// TypeScript cannot carry through a mapped type is as with tasks (types.ts).

import type { Args, Class, Fn, Outcome, TaskNeeds } from './types.ts'

/**
 * An exported class, whose instances live in the mesh. With `snapshot()` and a static `restore(state)` its instances survive their host.
 *
 * @example
 * const counter = tiles.Counter.with({ name: 'hits', restarts: -1 }).spawn(0)
 * await counter.add(2).get()
 */
export interface ActorClass<C extends Class> {
  /** Makes one, on whichever peer is best. Returns at once; a constructor that throws is the failure of its calls. */
  spawn(...args: Args<ConstructorParameters<C>>): Actor<InstanceType<C>>
  /** The same class with these options added to those it has. Throws INVALID_OPTION. */
  with(options: ActorOptions & (InstanceType<C> extends { snapshot(): unknown } ? CheckpointOptions : {})): this
}

/**
 * A handle on an actor. Calls of one caller run in the order in which they were made. It may be an argument, a result, and part of
 * any value; with the last handle gone the actor ends, unless it is detached. A generator method gives a stream: between two items, while
 * it waits for its reader, other calls have their turn. Fields, accessors and private
 * members do not cross.
 *
 * @example
 * using counter = tiles.Counter.spawn(0)
 * await counter.add(2).get()
 */
export type Actor<I> = {
  /** Only a type. */
  readonly '~actor': I
} & Disposable & {
    readonly [
      K in keyof I as K extends string ? (I[K] extends Fn ? Exclude<K, 'snapshot'> : never) : never
    ]: I[K] extends Fn ? ActorMethod<I[K]> : never
  }

/** A handle on some actor. */
export interface AnyActor {
  readonly '~actor': unknown
}

/** A method of an actor. Returns at once. */
export interface ActorMethod<F extends Fn> {
  (...args: Args<Parameters<F>>): Outcome<ReturnType<F>>
  /** The same method with these options added to those it has. Throws INVALID_OPTION. */
  with(options: MethodOptions): this
  /** For generic and overloaded methods, whose signature a mapped type cannot carry. */
  as<G extends Fn>(): ActorMethod<G>
}

/** Options of an actor: they ride before it is spawned, `Class.with(options).spawn(...args)`. */
export interface ActorOptions {
  /**
   * By which anybody in the mesh finds it: `mesh.actor(name)`. Taken already: its calls fail with NAME_TAKEN. Default: none.
   *
   * @example
   * tiles.Counter.with({ name: 'hits' }).spawn(0)
   */
  name?: string | undefined
  /**
   * True: where somebody has the name already and it is the same class, that actor is meant, and these arguments are not used. Default false.
   *
   * @example
   * tiles.Counter.with({ name: 'hits', getIfExists: true }).spawn(0)
   */
  getIfExists?: boolean | undefined
  /**
   * How often it begins again when its host or its worker is gone, from its latest checkpoint or else by its constructor; -1: without limit.
   * What its constructor throws is final. Default 0.
   *
   * @example
   * tiles.Counter.with({ restarts: 3 }).spawn(0)
   */
  restarts?: number | undefined
  /**
   * How often a call is made again that may or may not have run, in attempts after the first; -1: without limit. 0: a call runs once or fails with
   * ACTOR_UNAVAILABLE. Default 0; with `onceOnly` -1.
   *
   * @example
   * tiles.Counter.with({ restarts: -1, callRetries: 3 }).spawn(0)
   */
  callRetries?: number | undefined
  /**
   * Calls that run at once. With more than one a method takes `const me = task.current` before its first `await`. Default 1: one after the other, also
   * while one awaits.
   *
   * @example
   * tiles.Queue.with({ concurrency: 16 }).spawn()
   */
  concurrency?: number | undefined
  /**
   * `attached` (default): it ends with the last handle on it, or with whoever spawned it. `detached`: it stays until it is killed, and needs a name to be
   * found by.
   *
   * @example
   * tiles.Counter.with({ name: 'hits', lifetime: 'detached' }).spawn(0)
   */
  lifetime?: 'attached' | 'detached' | undefined
  /**
   * Calls that this peer may have open at it; past it a call fails with OVERLOADED. Default 10,000.
   *
   * @example
   * tiles.Counter.with({ maxPendingCalls: 100 }).spawn(0)
   */
  maxPendingCalls?: number | undefined
  /**
   * What its host must have. Default: nothing.
   *
   * @example
   * tiles.Camera.with({ needs: { labels: { room: 'attic' } } }).spawn()
   */
  needs?: TaskNeeds | undefined
  /**
   * What its host should rather have. Default: nothing.
   *
   * @example
   * tiles.Counter.with({ prefer: { labels: { kind: 'node' } } }).spawn(0)
   */
  prefer?: TaskNeeds | undefined
  /**
   * True: rather on different peers than on the fastest. Default false.
   *
   * @example
   * const workers = Array.from({ length: 4 }, () => tiles.Renderer.with({ spread: true }).spawn())
   */
  spread?: boolean | undefined
  /**
   * Higher is placed first. Default 0.
   *
   * @example
   * tiles.Counter.with({ priority: 1 }).spawn(0)
   */
  priority?: number | undefined
  /**
   * With `getIfExists`, what to do when the actor of that name was spawned with other code, as after an edit. A class of another name is refused all the same.
   *
   * - `refuse` (default): your calls fail with NAME_TAKEN.
   * - `keep`: it goes on with its own code, and your calls run that.
   * - `restore`: it goes on with yours. The call that runs ends as it began, then what `snapshot()` says goes to your class' static `restore(state)`, and every
   *   call that had not begun runs on the new code, all of yours do. A call of a generator method that runs is cut off, and made again at its next item as `callRetries` allow. What `restarts` allow is not touched, and `onceOnly` replies are kept. Where the old class has no `snapshot()` or
   *   `restore`, its snapshot throws or is too large, yours throws, or no peer has what yours needs, your calls fail with NAME_TAKEN, which says why, and it goes on as it was. So do those
   *   that come while 1,000 others wait for changes there; from a task at a worker it is FORBIDDEN. Of two programs with different code the later one wins.
   *
   * @example
   * tiles.Counter.with({ name: 'hits', getIfExists: true, onCodeChange: 'restore' }).spawn(0)
   */
  onCodeChange?: 'refuse' | 'keep' | 'restore' | undefined
}

/** Options of actors whose class has `snapshot()`, and a static `restore(state)`. */
export interface CheckpointOptions {
  /**
   * When its state is kept on other peers: after so many calls, and whenever nothing waits; 0: never. Default { everyCalls: 1 }.
   *
   * @example
   * tiles.Counter.with({ restarts: -1, checkpoint: { everyCalls: 100 } }).spawn(0)
   */
  checkpoint?: { everyCalls?: number | undefined } | undefined
  /**
   * True: a call that is made again is answered again and not run again, also by the next incarnation. Its reply waits for the checkpoint that it is in.
   * Not of generator methods: they are run again, and resume at the next item. Default false.
   *
   * @example
   * tiles.Account.with({ restarts: -1, onceOnly: true }).spawn('kim')
   */
  onceOnly?: boolean | undefined
}

/** Options of one call of an actor: `actor.method.with(options)(...args)`. */
export interface MethodOptions {
  /**
   * What people read besides the method's name: in lists, and where its ref is printed. Default: none.
   *
   * @example
   * counter.add.with({ name: 'first visit' })(1)
   */
  name?: string | undefined
  /**
   * Tells apart calls that are otherwise the same, in contexts that may run again. Default: none.
   *
   * @example
   * counter.add.with({ key: visitor.id })(1)
   */
  key?: string | undefined
  /**
   * Attempts after the first when it may or may not have run; -1: without limit. Default: the actor's `callRetries`.
   *
   * @example
   * counter.read.with({ retries: -1 })()
   */
  retries?: number | undefined
  /**
   * Milliseconds for the whole call, waiting included; then it fails with TASK_TIMEOUT, and `task.signal` tells it. Default: no limit.
   *
   * @example
   * await counter.add.with({ timeoutMs: 5_000 })(1).get()
   */
  timeoutMs?: number | undefined
  /**
   * Milliseconds for one attempt. Default: no limit.
   *
   * @example
   * counter.read.with({ retries: 3, attemptTimeoutMs: 1_000 })()
   */
  attemptTimeoutMs?: number | undefined
  /**
   * Cancels the call: not begun, it is dropped; running, it is told by `task.signal`. Default: none.
   *
   * @example
   * counter.add.with({ signal: AbortSignal.timeout(5_000) })(1)
   */
  signal?: AbortSignal | undefined
  /**
   * Peers that keep the result, in all. Default 2.
   *
   * @example
   * album.picture.with({ copies: 3 })('sunset')
   */
  copies?: number | undefined
  /**
   * Of a generator method: items that it may be ahead of whoever reads them, from 1 to 65,536. With as many unread it waits, and other calls have their turn.
   * Default 64, but 8 as soon as those unread are 256 KiB together.
   *
   * @example
   * for await (const photo of album.photos.with({ ahead: 256 })()) show(photo)
   */
  ahead?: number | undefined
}
