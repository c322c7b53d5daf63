// What the types infer: checked by the compiler, run only so that the file counts as a test.

import { expectTypeOf, test } from 'vitest'
import type {
  Actor,
  ActorMethod,
  Args,
  MapSettlement,
  ObjectRef,
  ObjectStream,
  Outcome,
  Scope,
  TaskFunction,
  Tasks,
} from '../src/types.ts'
import { task, withTask } from '../src/task.ts'

declare const scope: Scope
declare const number: ObjectRef<number>
declare const text: ObjectRef<string>

interface Tiles {
  render(scene: Uint8Array, at: { x: number; y: number }, quality?: number): Promise<string>
  merge(...tiles: string[]): string
  shade(tile: string): ObjectRef<string>
  pick(flag: boolean): boolean
  inside(list: ObjectRef<number>[]): number
  animate(scene: string): Generator<Promise<number>, string>
  follow(): AsyncGenerator<ObjectRef<Date>, void>
  listen(): AsyncIterable<number>
  list(): Iterable<number>
  all(): Map<string, number>
  total(box: { numbers: ObjectStream<number> }, more?: AsyncIterable<number>): number
  hands(): Promise<ObjectStream<number>>
  readonly limit: number
}
type T = Tasks<Tiles>

declare class Base {
  base(): string
}
declare class Counter extends Base {
  readonly start: number
  private hidden(): void
  constructor(start: number, names?: readonly string[])
  get double(): number
  add(n: number): number
  later(text: string): Promise<{ other: Actor<Counter> }>
  pick<T>(list: T[]): T
  each(): Generator<number>
  snapshot(): { total: number }
  static restore(state: { total: number }): Counter
}
declare class Plain {
  run(): void
}
interface Actors {
  readonly Counter: typeof Counter
  readonly Plain: typeof Plain
  make(counter: Actor<Counter>): Actor<Plain>
}

test('types', () => {
  expectTypeOf<keyof T>().toEqualTypeOf<
    | 'render'
    | 'merge'
    | 'shade'
    | 'pick'
    | 'inside'
    | 'animate'
    | 'follow'
    | 'listen'
    | 'list'
    | 'all'
    | 'total'
    | 'hands'
  >()
  expectTypeOf<ReturnType<T['render']>>().toEqualTypeOf<ObjectRef<string>>()
  expectTypeOf<ReturnType<T['shade']>>().toEqualTypeOf<ObjectRef<string>>()
  expectTypeOf<ReturnType<T['pick']>>().toEqualTypeOf<ObjectRef<boolean>>()
  expectTypeOf<ReturnType<T['animate']>>().toEqualTypeOf<ObjectStream<number>>()
  expectTypeOf<ReturnType<T['follow']>>().toEqualTypeOf<ObjectStream<Date>>()
  expectTypeOf<ReturnType<T['listen']>>().toEqualTypeOf<ObjectStream<number>>()
  expectTypeOf<ReturnType<T['list']>>().toEqualTypeOf<ObjectRef<Iterable<number>>>()
  expectTypeOf<ReturnType<T['all']>>().toEqualTypeOf<ObjectRef<Map<string, number>>>()
  expectTypeOf<ReturnType<T['hands']>>().toEqualTypeOf<ObjectRef<ObjectStream<number>>>()
  expectTypeOf<Outcome<any>>().toEqualTypeOf<ObjectRef<any>>()
  expectTypeOf<Outcome<never>>().toEqualTypeOf<ObjectRef<never>>()
  expectTypeOf<Parameters<T['pick']>>().toEqualTypeOf<[flag: boolean | ObjectRef<boolean>]>()
  expectTypeOf<Parameters<T['inside']>>().toEqualTypeOf<[list: ObjectRef<number>[] | ObjectRef<ObjectRef<number>[]>]>()
  expectTypeOf<Outcome<Promise<number>>>().toEqualTypeOf<ObjectRef<number>>()
  expectTypeOf<[ObjectRef<number>, ObjectRef<string>] | [number]>().toExtend<Args<[a: number, b?: string]>>()
  expectTypeOf<MapSettlement<1, 2>>().toExtend<{ index: number; input: 1 }>()

  const uses = async (): Promise<void> => {
    const tiles = await scope.use<Tiles>(new URL('file:///x'))
    void tiles.render(await scope.put(new Uint8Array(1)), { x: 1, y: 2 }).get()
    tiles.merge('a', text, tiles.render.with({ retries: 1, copies: undefined })(new Uint8Array(1), { x: 0, y: 0 }))
    const frames = tiles.animate.with({ ahead: 4 })('scene')
    for await (const frame of frames) expectTypeOf(frame).toEqualTypeOf<number>()
    for await (const ref of frames.refs()) expectTypeOf(ref).toEqualTypeOf<ObjectRef<number>>()
    expectTypeOf(tiles.total({ numbers: frames }, frames)).toEqualTypeOf<ObjectRef<number>>()
    // @ts-expect-error items are read, not got
    await frames.get()
    // @ts-expect-error a stream is no text
    tiles.merge(tiles.animate('scene'))
    // @ts-expect-error nor one of the wrong items
    tiles.total({ numbers: tiles.follow() })
    // @ts-expect-error a number is no string
    tiles.merge(number)
    // @ts-expect-error nor is it a ref
    tiles.merge({ get: () => 'a' })
    // @ts-expect-error no such option
    tiles.merge.with({ retry: 1 })
    // @ts-expect-error refs are stored already
    await scope.put(number)
    expectTypeOf(await scope.get([number, text])).toEqualTypeOf<[number, string]>()
    expectTypeOf(scope.all([number, text])).toEqualTypeOf<ObjectRef<[number, string]>>()
    expectTypeOf((await scope.wait([number])).settled).toEqualTypeOf<ObjectRef<number>[]>()
    for await (const one of scope.map([1], () => text)) expectTypeOf(one).toEqualTypeOf<string>()
    const square = scope.fn((x: number) => x * x)
    expectTypeOf(square).toEqualTypeOf<TaskFunction<(x: number) => number>>()
    expectTypeOf(square.as<(x: string) => string>()).toEqualTypeOf<TaskFunction<(x: string) => string>>()
  }
  expectTypeOf(uses).toBeFunction()
})

test('types of actors', () => {
  type A = Tasks<Actors>
  expectTypeOf<keyof A>().toEqualTypeOf<'Counter' | 'Plain' | 'make'>()
  expectTypeOf<Extract<keyof Actor<Counter>, string>>().toEqualTypeOf<
    '~actor' | 'base' | 'add' | 'later' | 'pick' | 'each'
  >()

  const uses = async (): Promise<void> => {
    const { Counter: Class, Plain: PlainClass, make } = await scope.use<Actors>(new URL('file:///x'))
    Class.spawn(number, ['a'])
    const counter = Class.with({ name: 'hits', restarts: -1, checkpoint: { everyCalls: 10 }, onceOnly: true }).spawn(0)
    expectTypeOf(counter).toEqualTypeOf<Actor<Counter>>()
    expectTypeOf(counter.add(number)).toEqualTypeOf<ObjectRef<number>>()
    expectTypeOf(counter.later('a')).toEqualTypeOf<ObjectRef<{ other: Actor<Counter> }>>()
    expectTypeOf((await counter.later('a').get()).other.base()).toEqualTypeOf<ObjectRef<string>>()
    expectTypeOf(counter.add.with({ timeoutMs: 1, retries: 2 })).toEqualTypeOf<ActorMethod<(n: number) => number>>()
    expectTypeOf(counter.pick.as<(list: string[]) => string>()(['a'])).toEqualTypeOf<ObjectRef<string>>()
    expectTypeOf(make(counter)).toEqualTypeOf<ObjectRef<Actor<Plain>>>()
    expectTypeOf(await scope.actor<Plain>('plain')).toEqualTypeOf<Actor<Plain>>()
    expectTypeOf(scope.fn(Plain).spawn()).toEqualTypeOf<Actor<Plain>>()
    expectTypeOf(counter.each()).toEqualTypeOf<ObjectStream<number>>()
    expectTypeOf(counter.each.with({ ahead: 64, retries: 1 })()).toEqualTypeOf<ObjectStream<number>>()
    for await (const item of counter.each()) expectTypeOf(item).toEqualTypeOf<number>()
    await scope.kill(counter, 'enough')
    using short = PlainClass.spawn()
    void short.run()
    // @ts-expect-error its state has no checkpoints
    PlainClass.with({ checkpoint: { everyCalls: 1 } })
    // @ts-expect-error a number is wanted
    Class.spawn('0')
    // @ts-expect-error a class is not called
    Class(0)
    // @ts-expect-error fields do not cross
    void counter.start
    // @ts-expect-error nor do accessors
    void counter.double
    // @ts-expect-error items are read, not got
    await counter.each().get()
    // @ts-expect-error its snapshot is between it and the mesh
    void counter.snapshot
    // @ts-expect-error no such option of an actor
    Class.with({ retries: 1 })
    // @ts-expect-error a call goes where its actor is
    counter.add.with({ needs: {} })
    // @ts-expect-error no actor
    await scope.kill(number)
    Class.with({ name: 'hits', getIfExists: true, onCodeChange: 'keep' }).spawn(0)
    // @ts-expect-error what to do is one of two things
    Class.with({ name: 'hits', getIfExists: true, onCodeChange: 'restart' })
  }
  expectTypeOf(uses).toBeFunction()
})

test('the files and the environment of a module', () => {
  const uses = async (): Promise<void> => {
    const url = new URL('file:///tiles.task.ts')
    await scope.use<Tiles>(url, { env: { LEVEL: '3' }, assets: [new URL('model.onnx', url)], external: ['sharp'] })
    // @ts-expect-error variables are strings
    await scope.use<Tiles>(url, { env: { LEVEL: 3 } })
    // @ts-expect-error files are named by their URLs
    await scope.use<Tiles>(url, { assets: ['./model.onnx'] })
    // @ts-expect-error packages are a list
    await scope.use<Tiles>(url, { external: 'sharp' })

    const model = await task.asset('model.onnx')
    expectTypeOf(model).toExtend<Blob>()
    expectTypeOf(model.path).toEqualTypeOf<string | undefined>()
    expectTypeOf(await model.text()).toEqualTypeOf<string>()
    // @ts-expect-error it may not be a file where the task runs
    model.path.length.toFixed()
    // @ts-expect-error a file has a name
    await task.asset()
    expectTypeOf(await withTask({ asset: async () => new Blob(['x']) }, () => 1)).toEqualTypeOf<number>()
    // @ts-expect-error a task is given files as Blobs
    await withTask({ asset: async () => 'x' }, () => 1)
  }
  expectTypeOf(uses).toBeFunction()
})
