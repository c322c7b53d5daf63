/// <reference lib="esnext.disposable" preserve="true" />
// The public types: what a user's editor shows. Types flow from the exported function to the call and to its
// result. What TypeScript cannot carry through a mapped type (generic and overloaded functions) has
// `.as<F>()`; a function that calls itself through the mesh needs its return type written down (TS7022).

import type { Actor, ActorClass, AnyActor } from './actor-types.ts'
import type { MeshError } from './errors.ts'
import type { LabelMatch } from './model/task.ts'

export type * from './actor-types.ts'

export type Fn = (...args: any) => any
export type Class = abstract new (...args: any) => any
export type AnyRef = ObjectRef<any>
type IsAny<T> = 0 extends 1 & T ? true : false

/** How long to wait. */
export interface WaitOptions {
  /** Stops the waiting, not the task: the wait rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Milliseconds until GET_TIMEOUT. Default: no limit. */
  timeoutMs?: number | undefined
}

/** What a ref knows of its object at this moment. */
export type ObjectState = 'waiting' | 'ready' | 'running' | 'retrying' | 'value' | 'failure' | 'cancelled'

/**
 * A handle to a value that exists, or will. Never a thenable: `await ref.get()`.
 *
 * @example
 * const tile = tiles.render(scene, { x: 0, y: 0 })
 * const pixels = await tile.get({ timeoutMs: 5_000 })
 */
export interface ObjectRef<out T> extends Disposable {
  /** Only a type: tells a ref from its lookalikes, across installed copies of this package. */
  readonly '~ref': T
  /** Names the object in the whole mesh. */
  readonly id: string
  /** Waits for the value and gives you a copy of your own. Throws the task's failure, or GET_TIMEOUT. */
  get(options?: WaitOptions): Promise<T>
  /** Waits until as many copies exist as were asked for. Throws UNPLACEABLE when there are too few peers. */
  durable(options?: WaitOptions): Promise<void>
  /** Ends the task behind it, and resolves when it has stopped: told by `task.signal`; 2 s later its worker is ended. */
  cancel(reason?: string): Promise<void>
  /** What is known here, without asking anybody. */
  state(): ObjectState
}

/**
 * What a generator function yields, as it yields it: read once, in order. Reading it again throws STREAM_CONSUMED. Leaving the loop
 * early ends the generator, whose `finally` blocks run first.
 *
 * @example
 * for await (const frame of tiles.animate.with({ ahead: 16 })(scene)) show(frame)
 */
export interface ObjectStream<out T> extends AsyncIterable<T>, Disposable {
  /** Only a type, as a ref's. */
  readonly '~stream': T
  /** Names the stream in the whole mesh. */
  readonly id: string
  /** The items as refs, once they are there: to hand them on without reading them here. */
  refs(): AsyncIterable<ObjectRef<T>>
  /** Ends the generator, and resolves when it has stopped. What was yielded before can still be read; then the loop throws TASK_CANCELLED. */
  cancel(reason?: string): Promise<void>
}

/** What a caller may pass where the function declares T. [..] stops distribution. */
export type Arg<T> =
  IsAny<T> extends true
    ? any
    : unknown extends T
      ? unknown
      : [Exclude<T, AnyRef | undefined>] extends [never]
        ? [Extract<T, AnyRef>] extends [never]
          ? T
          : 'a top-level ref arrives as its value; to pass the ref itself, put it in an array or object'
        : Exclude<T, AnyRef> | ObjectRef<Exclude<T, AnyRef>>

/** Keeps labels, optional and rest parameters. */
export type Args<A extends readonly unknown[]> = { [K in keyof A]: Arg<A[K]> }

/** Promises and refs are followed: `ObjectRef<ObjectRef<T>>` does not exist. */
export type Settled<R> =
  IsAny<R> extends true ? any : [R] extends [never] ? never : [Awaited<R>] extends [ObjectRef<infer V>] ? V : Awaited<R>

/** What a generator yields: it has `next`, which tells it from an array, a Map or a string, or is only said to be an AsyncIterable. A stream is neither. */
export type Item<R> = [R] extends [{ readonly '~stream': any }]
  ? never
  : [R] extends [{ next(...args: any): IteratorResult<infer Y> | Promise<IteratorResult<infer Y>> }]
    ? Y
    : [R] extends [AsyncIterable<infer Y>]
      ? Y
      : never

/** What a call gives: a stream for generator functions, else a ref. */
export type Outcome<R> =
  IsAny<R> extends true
    ? ObjectRef<any>
    : [R] extends [never]
      ? ObjectRef<never>
      : [Item<R>] extends [never]
        ? ObjectRef<Settled<R>>
        : ObjectStream<Settled<Item<R>>>

/**
 * An exported function, called on whichever peer is best. Returns at once.
 *
 * @example
 * await tiles.render.with({ retries: 5, timeoutMs: 10_000 })(scene, { x: 0, y: 0 }).get()
 */
export interface TaskFunction<F extends Fn> {
  (...args: Args<Parameters<F>>): Outcome<ReturnType<F>>
  /** The same function with these options added to those it has. Throws INVALID_OPTION. */
  with(options: TaskOptions): this
  /** For generic and overloaded functions, whose signature a mapped type cannot carry. */
  as<G extends Fn>(): TaskFunction<G>
}

/** A module's exported functions, and its classes. */
export type Tasks<M> = {
  readonly [K in keyof M as M[K] extends Fn | Class ? K : never]: M[K] extends Class
    ? ActorClass<M[K]>
    : M[K] extends Fn
      ? TaskFunction<M[K]>
      : never
}

type Values<R extends readonly AnyRef[]> = { -readonly [K in keyof R]: R[K] extends ObjectRef<infer V> ? V : never }

/** What came of one input of `map`. */
export type MapSettlement<I, T> = { index: number; input: I } & ({ value: T } | { error: MeshError })

/** What a peer must have. Nobody in the mesh has it: UNPLACEABLE. */
export interface TaskNeeds {
  /** Equal, one of, or not: `{ kind: 'node', zone: { in: ['a', 'b'] }, arch: { not: 'arm' } }`. */
  labels?: Readonly<Record<string, LabelMatch>> | undefined
  /**
   * `{ gpu: 1 }`: counted while the task runs, by each submitter for its own tasks, so that several
   * submitters may together ask more of a peer than it has. A task that waits keeps them; its children
   * do not count it.
   */
  resources?: Readonly<Record<string, number>> | undefined
  /** Slots that one attempt takes: it waits until so many are free, and those behind it wait too. Default 1. */
  slots?: number | undefined
  memoryBytes?: number | undefined
  /** A peer's id or name. */
  peer?: string | undefined
}

/** Options of a task: they ride before the call, `f.with(options)(...args)`. */
export interface TaskOptions {
  /** What people read besides the function's name: in lists, and where its ref is printed. */
  name?: string | undefined
  /** Tells apart calls that are otherwise the same, in contexts that may run again. */
  key?: string | undefined
  /** Attempts after the first, for lost peers and crashed workers; -1: without limit. Default 3. */
  retries?: number | undefined
  /** Application errors to retry: all, or those whose name, code or message matches. Default none. */
  retryErrors?: boolean | readonly (string | RegExp)[] | undefined
  /** Executions to make a lost result again, a budget apart from `retries`; -1: without limit. Default -1. */
  rebuilds?: number | undefined
  /** First and longest wait between attempts, in milliseconds. Default [100, 10_000]. */
  retryDelayMs?: readonly [number, number] | undefined
  /** Milliseconds for the whole task, waiting and retries included; a running one then has 2 s to stop. Default: no limit. */
  timeoutMs?: number | undefined
  /** Milliseconds for one attempt. Default: no limit. */
  attemptTimeoutMs?: number | undefined
  /** Cancels the task. */
  signal?: AbortSignal | undefined
  /** Peers that keep the result, in all. Default 2. */
  copies?: number | undefined
  /** What a peer must have. */
  needs?: TaskNeeds | undefined
  /** What a peer should rather have. */
  prefer?: TaskNeeds | undefined
  /** True: rather on different peers than on the fastest. Default false. */
  spread?: boolean | undefined
  /** Higher goes first. Default 0. */
  priority?: number | undefined
  /**
   * True: an attempt that takes much longer than most (1.5 times what three in four runs of the function need) gets a second one beside it on an
   * idle peer; whichever is done first counts. For functions that ask for no tasks of their own and put nothing. Default false.
   */
  hedge?: boolean | undefined
  /**
   * So many peers compute it, none of them told by another, and the result that more than half of them give counts: for work given to peers that you do not
   * trust. Fails with NO_MAJORITY when there is none, after one more peer was asked for each of `retries`, and with UNPLACEABLE when there are too few peers. For
   * functions that return values without refs in them, the same for the same arguments. From 1 to 99. Default 1.
   */
  votes?: number | undefined
  /**
   * With `votes`: the name of an export of the same module that is called with two results and returns `true` when they are the same, for results that may differ a little. It runs
   * where the task was asked for, if that has slots. Default: they are the same when their bytes are.
   *
   * @example
   * const { energy } = await mesh.use<typeof import('./physics.task.ts')>(new URL('./physics.task.ts', import.meta.url))
   * await energy.with({ votes: 3, equals: 'closeEnough' })(state).get()
   */
  equals?: string | undefined
  /**
   * Of a generator function: items that it may be ahead of whoever reads them, from 1 to 65,536. With as many unread it waits, and gives its slot
   * to others. More hides the way to the reader, and takes as much memory on both sides. Default 64, but 8 as soon as those unread are 256 KiB together.
   */
  ahead?: number | undefined
}

export interface UseOptions {
  /** Environment variables that the module's tasks see, besides PATH, HOME, TMPDIR and LANG. */
  env?: Readonly<Record<string, string>> | undefined
  /** Files that travel with the module. */
  assets?: readonly URL[] | undefined
  /**
   * Packages to leave outside the bundle: tasks then run on peers that have them, in a version that promises the same (`murmur up --modules DIR`). Those
   * whose native addons the bundler sees stay outside by themselves.
   */
  external?: readonly string[] | undefined
}

export interface PutOptions {
  /** What people read where its ref is printed. */
  name?: string | undefined
  /** Peers that keep it, in all. Default 2. */
  copies?: number | undefined
  /** True: your buffer is taken instead of copied, and is empty afterwards. Default false. */
  transfer?: boolean | undefined
}

export interface MapOptions {
  /** True: results in the order of the inputs. False: as they finish. Default true. */
  ordered?: boolean | undefined
  /** Calls that may be out or unread at once: what bounds memory. Default 256. */
  ahead?: number | undefined
  /** Ends the loop and cancels what is out. */
  signal?: AbortSignal | undefined
  /** Milliseconds to wait for each next result until GET_TIMEOUT. Default: no limit. */
  timeoutMs?: number | undefined
}

/** What `map` returns: results to loop over, or settlements when one bad input must not end the loop. */
export interface Mapped<I, T> extends AsyncIterable<T> {
  settlements(): AsyncIterable<MapSettlement<I, T>>
}

/** The verbs that a mesh, a job and a running task share. */
export interface Scope {
  /**
   * Bundles a task module; resolves to its exports once they are known. Throws BUNDLE_FAILED.
   *
   * @example
   * const tiles = await mesh.use<typeof import('./tiles.task.ts')>(new URL('./tiles.task.ts', import.meta.url))
   */
  use<M extends object = Record<string, Fn>>(module: URL, options?: UseOptions): Promise<Tasks<M>>
  /**
   * Makes a task of a function that stands alone. Throws INVALID_OPTION naming what it closes over.
   *
   * @example
   * const square = mesh.fn((x: number) => x * x)
   */
  fn<F extends Fn>(f: F, options?: { constants?: Readonly<Record<string, unknown>> | undefined }): TaskFunction<F>
  /**
   * Inside a task: makes an actor's class of an exported class of the running module. Elsewhere it throws INVALID_OPTION: classes come with `use`.
   *
   * @example
   * const counter = task.mesh.fn(Counter).spawn(0)
   */
  fn<C extends Class>(f: C): ActorClass<C>
  /** Stores a value here and resolves to its ref. Throws UNSERIALIZABLE, OVERLOADED. */
  put<T>(value: T extends AnyRef ? never : T, options?: PutOptions): Promise<ObjectRef<T>>
  /** Waits for all; the first failure rejects at once. */
  get<const R extends readonly AnyRef[]>(refs: R, options?: WaitOptions): Promise<Values<R>>
  /** One ref to a list of them all. */
  all<const R extends readonly AnyRef[]>(refs: R): ObjectRef<Values<R>>
  /** Waits until `count` (default: all) have settled, or `timeoutMs` passed, and says which have. */
  wait<R extends AnyRef>(
    refs: Iterable<R>,
    options?: WaitOptions & { count?: number | undefined },
  ): Promise<{ settled: R[]; pending: R[] }>
  /** The refs, as they settle. */
  settled<R extends AnyRef>(refs: Iterable<R>): AsyncIterable<R>
  /**
   * Calls for every input, with bounded memory; leaving the loop cancels the rest. The refs that `call` returns belong to the loop, which
   * releases them as it goes.
   *
   * @example
   * for await (const tile of mesh.map(inputs, (at) => tiles.render(scene, at), { ordered: false })) draw(tile)
   */
  map<I, T>(
    inputs: Iterable<I> | AsyncIterable<I>,
    call: (input: I, index: number) => ObjectRef<T>,
    options?: MapOptions,
  ): Mapped<I, T>
  /**
   * A handle on the actor of that name, wherever it was spawned. Rejects with NOT_FOUND.
   *
   * @example
   * const hits = await mesh.actor<Counter>('hits')
   */
  actor<I>(name: string, options?: WaitOptions): Promise<Actor<I>>
  /**
   * Ends an actor, at once and for good; resolves when it has ended. What was called and has not answered fails with ACTOR_DIED.
   *
   * @example
   * await mesh.kill(counter, 'no longer needed')
   */
  kill(actor: AnyActor, reason?: string): Promise<void>
}
