// What `mesh.fn` accepts and refuses. Functions are made from text, so that no tool between this file
// and the engine rewrites them; the few that are not say so.

import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { fnSource } from '../../src/runtime/fn-source.ts'

type AnyFunction = (...args: any[]) => any

/** The function that an expression evaluates to. */
function made(expression: string): AnyFunction {
  // oxlint-disable-next-line typescript/no-implied-eval -- text is the point here
  return new Function(`return ${expression}`)() as AnyFunction
}

async function load(source: string): Promise<AnyFunction> {
  const module = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`)) as object
  const [f, ...others] = Object.values(module) as AnyFunction[]
  if (f === undefined || others.length > 0) throw new Error(`exports ${Object.keys(module).join(', ')}`)
  return f
}

const accepted: [title: string, expression: string, args: unknown[], result: unknown][] = [
  ['an arrow', 'x => x * x', [7], 49],
  ['an async arrow', 'async x => x + 1', [1], 2],
  ['a function expression', 'function (a, b) { return a - b }', [5, 3], 2],
  ['an async function', 'async function wait(x) { await null; return x }', [1], 1],
  ['a function that calls itself', 'function fact(n) { return n < 2 ? 1 : n * fact(n - 1) }', [5], 120],
  ['a method', '({ twice(x) { return 2 * x } }).twice', [4], 8],
  ['an async method', '({ async twice(x) { return 2 * x } }).twice', [4], 8],
  ['a method with an odd name', '({ "odd name"(x) { return x } })["odd name"]', [4], 4],
  ['a method with a computed name', '({ ["a" + "b"](x) { return x } }).ab', [4], 4],
  ['a method called async', '({ async(x) { return x } }).async', [4], 4],
  ['a static method', '(class { static twice(x) { return 2 * x } }).twice', [4], 8],
  ['an accessor', 'Object.getOwnPropertyDescriptor({ get four() { return 4 } }, "four").get', [], 4],
  ['default, rest and destructured parameters', '({ a = 2 }, ...rest) => a + rest.length', [{}, 1, 1], 4],
  ['a parameter that shadows', 'Math => Math + 1', [1], 2],
  ['standard globals', 'x => new TextEncoder().encode(JSON.stringify(x)).length + Math.max(1)', [[1]], 4],
  ['globals about which it asks', 'x => typeof window === "undefined" ? x : window.y', [1], 1],
  ['an unknown name it only asks about', 'x => typeof whatever === "undefined" ? x : 0', [1], 1],
  ['this of its own inner function', 'x => ({ y: x, get() { return this.y } }).get()', [3], 3],
  ['arguments of its own', 'function () { return arguments.length }', [1, 2], 2],
  [
    'a class inside, with private fields',
    'x => { class A { #y = x; read() { return this.#y } } return new A().read() }',
    [9],
    9,
  ],
  [
    'super inside a class inside',
    'x => { class A { f() { return x } } class B extends A { f() { return super.f() } } return new B().f() }',
    [9],
    9,
  ],
  [
    'labels, catch, for and blocks',
    'n => { let s = 0; outer: for (const i of [n]) { try { throw i } catch (e) { s += e; continue outer } } return s }',
    [3],
    3,
  ],
  ['var used before it is declared', 'x => { y = x; var y; return y }', [3], 3],
  ['an inner function hoisted', 'x => { return inner(x); function inner(z) { return z } }', [3], 3],
  ['new.target', 'function () { return new.target === undefined }', [], true],
  ['names in labels of objects', 'x => ({ K: x }).K', [3], 3],
  [
    "keepNames' helper",
    '(() => { const __name = f => f; return x => { const g = __name(y => y, "g"); return g(x) } })()',
    [3],
    3,
  ],
  [
    'coverage counters',
    '(() => { const cov_1a2b = () => ({}); return x => { cov_1a2b().f[0]++; cov_1a2b().b[0][1]++; return x } })()',
    [3],
    3,
  ],
]

describe('accepted', () => {
  test.each(accepted)('%s', async (_title, expression, args, result) => {
    const f = await load(fnSource(made(expression)).source)
    expect(await f(...args)).toEqual(result)
  })

  test('an arrow that calls itself by the name it was given', async () => {
    const fib = made('(() => { const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2); return fib })()')
    expect(await (await load(fnSource(fib).source))(10)).toBe(55)
  })

  test('an arrow named like a global that it uses', async () => {
    const f = made('({ parseInt: x => parseInt(x) }).parseInt')
    expect(await (await load(fnSource(f).source))('7')).toBe(7)
  })

  test('generators say that they are', () => {
    expect(fnSource(made('function* (n) { yield n }')).kind).toBe('generator')
    expect(fnSource(made('async function* (n) { yield n }')).kind).toBe('generator')
    expect(fnSource(made('({ *each(n) { yield n } }).each')).kind).toBe('generator')
    expect(fnSource(made('x => x')).kind).toBe('function')
  })

  test('the name is kept, for stacks and lists', async () => {
    const square = made('(() => { const square = x => x * x; return square })()')
    const { source, name, exported } = fnSource(square)
    expect([name, exported]).toEqual(['square', 'square'])
    expect((await load(source)).name).toBe('square')
    expect(fnSource(made('x => x')).name).toBe('fn')
  })

  test('what only Node or only a browser has is said, not refused', () => {
    expect(fnSource(made('async () => (await import("node:fs")).readFileSync("x")')).only).toEqual({
      kind: 'node',
      because: 'imports node:fs',
    })
    expect(fnSource(made('() => process.pid')).only).toEqual({ kind: 'node', because: 'uses process' })
    expect(fnSource(made('() => new OffscreenCanvas(1, 1)')).only).toEqual({
      kind: 'browser',
      because: 'uses OffscreenCanvas',
    })
    expect(fnSource(made('() => typeof process === "undefined" ? 0 : process.pid')).only).toBeNull()
    expect(fnSource(made('x => x')).only).toBeNull()
  })
})

const refused: [title: string, expression: string, message: string | RegExp][] = [
  [
    'a free variable',
    '(() => { const K = 3; return (x) => x * K })()',
    '(x) => x * K uses K from outside; pass it as an argument or, what is plain data, as { constants: { K } }; or move the function to a task module',
  ],
  [
    'several',
    'x => x * K + L',
    'uses K, L from outside; pass them as an argument or, what is plain data, as { constants: { K, L } }',
  ],
  [
    'one that is called',
    'async x => parse(await readFile(x))',
    'calls parse, readFile from outside; define them inside, or import them in a task module and mesh.use that',
  ],
  ['a class from outside', 'x => new Camera(x)', 'calls Camera from outside; define it inside, or import it'],
  ['a slip', 'x => Maht.max(x, K)', 'uses K, Maht from outside (did you mean Math?)'],
  ['another slip', 'x => conosle.log(x)', '(did you mean console?)'],
  ['a name in the wrong case', 'x => json.parse(x)', '(did you mean JSON?)'],
  [
    'one that is assigned',
    'x => { total += x; count++ }',
    'changes count, total from outside; other peers do not have them; return the new value instead',
  ],
  ['one in a default parameter', '(x = K) => x', 'uses K from outside'],
  ['one in shorthand', 'x => ({ K })', 'uses K from outside'],
  ['one used beyond a typeof', 'x => typeof K === "number" ? K : x', 'uses K from outside'],
  ['task', 'x => task.progress(x)', "import { task } from 'murmuration/task'"],
  ['mesh', 'x => mesh.put(x)', 'task.mesh'],
  ['require', 'x => require("fs")', "await import('node:...')"],
  ['eval', 'x => eval(x)', 'uses eval: what it would use cannot be checked'],
  ['page globals', '() => document.title', 'uses document, which only a page has: tasks run in workers'],
  ['a built-in function', 'Math.max', 'max is built in, it has no source; write a function that calls it'],
  [
    'a bound function',
    '(function add(x) {}).bind(null, 1)',
    'bound add is a bound function, whose source and values are out of reach',
  ],
  ['a proxy', 'new Proxy(x => x, {})', 'has no source'],
  ['a class', 'class Counter { add() {} }', 'is a class, and a task is a function; write one'],
  ["an arrow's this", '() => this.x', 'uses this, of the code around it'],
  ["a method's this", '({ f() { return this.x } }).f', 'uses this, which nothing binds over there'],
  [
    "an arrow's arguments",
    '(function () { return () => arguments.length })()',
    'an arrow function has none of its own; take (...args) instead',
  ],
  ['super', '({ f() { return super.toString() } }).f', 'uses super of the class around it'],
  [
    'a private member of the class around',
    '(class { #x = 1; f = () => this.#x }).prototype.constructor && new (class { #x = 1; f = () => this.#x })().f',
    'uses #x of the class around it',
  ],
  [
    'an import of a package',
    'async () => import("lodash")',
    "imports 'lodash', which other peers do not have; move the function to a task module",
  ],
  ['an import by a computed name', 'async x => import(x)', 'imports a module whose name is only known when it runs'],
  [
    'an import of CommonJS output',
    '(() => { const lodash_1 = {}; return x => (0, lodash_1.chunk)(x, 2) })()',
    'uses chunk from an import; move the function to a task module',
  ],
  ["vite's import", 'x => (0, __vite_ssr_import_0__.chunk)(x)', 'uses chunk from an import'],
  ["vite's import.meta", 'x => __vite_ssr_import_meta__.url', 'uses import.meta'],
  ["vite's dynamic import", 'x => __vite_ssr_dynamic_import__("lodash")', "imports 'lodash'"],
  ['lowered syntax', 'function (x) { return __awaiter(void 0) }', "set your build's target to ES2022 or later"],
]

describe('refused', () => {
  test.each(refused)('%s', (_title, expression, message) => {
    expect(() => fnSource(made(expression))).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }) as Error)
    expect(() => fnSource(made(expression))).toThrow(message)
  })

  test('import.meta', () => {
    expect(() => fnSource(() => import.meta.url)).toThrow(/uses import\.meta/)
  })

  test('an import of the file it stands in, as the test runner rewrites it', () => {
    expect(() => fnSource((text: string) => parse(text, { ecmaVersion: 2022 }))).toThrow('uses parse from an import')
  })

  test('what is no function', () => {
    expect(() => fnSource(null as unknown as AnyFunction)).toThrow('expected a function, got null')
  })

  test('more than one reason: all of them', () => {
    expect(() => fnSource(made('x => K + document.title'))).toThrow(/uses document.*; uses K from outside/)
  })
})

describe('constants', () => {
  test('are there when the function runs', async () => {
    const constants = {
      K: 3,
      names: ['a', 'b'],
      when: new Date(0),
      table: new Map([['x', 1n]]),
      bytes: new Uint8Array([1, 2]),
      odd: { nothing: undefined, nan: NaN, minusZero: -0 },
    }
    const { source } = fnSource(made('() => ({ K, names, when, table, bytes, odd })'), constants)
    expect(await (await load(source))()).toEqual(constants)
  })

  test('a value that contains itself', async () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    const f = await load(fnSource(made('() => loop.self === loop'), { loop }).source)
    expect(f()).toBe(true)
  })

  test('may replace a global', async () => {
    expect((await load(fnSource(made('() => fetch'), { fetch: 1 }).source))()).toBe(1)
  })

  test('make equal source when equal, other source when not, and none when unused', () => {
    const f = made('x => x * K + L')
    expect(fnSource(f, { K: 1, L: 2 }).source).toBe(fnSource(f, { L: 2, K: 1 }).source)
    expect(fnSource(f, { K: 1, L: 2 }).source).not.toBe(fnSource(f, { K: 2, L: 1 }).source)
    expect(fnSource(f, { K: 1, L: 2, M: 3 }).source).toBe(fnSource(f, { K: 1, L: 2 }).source)
  })

  test('must be plain data, and the message says where they are not', () => {
    const f = made('() => K')
    expect(() => fnSource(f, { K: { camera: [new URL('x:y'), () => 1] } })).toThrow(
      'constants.K.camera[1] is a function',
    )
    expect(() => fnSource(f, { K: made('new (class Camera {})()') })).toThrow('constants.K is an instance of Camera')
    expect(() => fnSource(f, { K: Symbol('s') })).toThrow('constants.K is a symbol')
    expect(() => fnSource(f, { K: 'x'.repeat(2_000_000) })).toThrow('mesh.put the large ones')
  })
})
