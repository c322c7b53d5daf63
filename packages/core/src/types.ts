/// <reference lib="esnext.disposable" preserve="true" />
// The public types: what a user's editor shows. Types flow from the exported function to the call and to its
// result. What TypeScript cannot carry through a mapped type (generic and overloaded functions) has
// `.as<F>()`; a function that calls itself through the mesh needs its return type written down (TS7022).

import type { Actor, ActorClass, AnyActor } from './actor-types.ts'
import type { MeshError } from './errors.ts'
import type { MapOptions, PutOptions, TaskOptions, UseOptions, WaitOptions } from './task-options.ts'

export type * from './actor-types.ts'
export type * from './task-options.ts'

/** Any function. */
export type Fn = (...args: any) => any
/** Any class. */
export type Class = abstract new (...args: any) => any
/** A ref to whatever it is. */
export type AnyRef = ObjectRef<any>
type IsAny<T> = 0 extends 1 & T ? true : false

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

/** What `map` returns: results to loop over, or settlements when one bad input must not end the loop. */
export interface Mapped<I, T> extends AsyncIterable<T> {
  /** What came of each input, failures among them: the loop goes on. */
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
