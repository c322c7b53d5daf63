import { parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { constantsOf } from '../../src/runtime/module-constants.ts'

function starts(text: string): number[] {
  return constantsOf(parse(text, { ecmaVersion: 'latest', sourceType: 'module', ranges: true }))
}

/** The statements that may be `const`, up to their first `=`. */
function constants(text: string): string[] {
  return starts(text).map((start) => text.slice(start + 'var '.length, text.indexOf('=', start)).trim())
}

function withConst(text: string, at: readonly number[]): string {
  return [...at]
    .sort((a, b) => b - a)
    .reduce((all, start) => `${all.slice(0, start)}const${all.slice(start + 'var'.length)}`, text)
}

/** What the text leaves in `seen`, or how it fails. */
function outcome(text: string): unknown {
  const seen: unknown[] = []
  try {
    // eslint-disable-next-line typescript/no-implied-eval -- text under test
    new Function('seen', `'use strict';${text}`)(seen)
  } catch (error) {
    return (error as Error).name
  }
  return seen
}

describe('constants of a bundle', () => {
  test.each([
    ['numbers, functions, classes', 'var A = 1; var f = () => A; var C = class { m() { return A } }', ['A', 'f', 'C']],
    ['what is worked out', 'function make() { return 7 } var A = make(); var B = A * Math.PI', ['A', 'B']],
    ['used above it by what only waits', 'function f() { return A } var g = () => A; var A = 1; f(g())', ['g', 'A']],
    ['each of a list', 'var A = 1, B = A + 1; seen.push(B)', ['A']],
    ['taken apart', 'var { PI, E: e } = Math; seen.push(PI, e)', ['{ PI, E: e }']],
    ['after code that has no way to it', 'var t = [1]; t.push(2); var A = 1; seen.push(A)', ['t', 'A']],
    ['a function that calls itself', 'var f = function (n) { return n ? f(n - 1) : 0 }; seen.push(f(3))', ['f']],
    [
      'a class with fields and a base that waits',
      'var C = class { n = 1; #p = 2 }; var D = class { c = C }',
      ['C', 'D'],
    ],
    ['with inner variables of the same name', 'var A = 1; function f() { var A = 2; A++; return A } f()', ['A']],
  ])('%s', (_, text, expected) => {
    expect(constants(text)).toEqual(expected)
    expect(outcome(withConst(text, starts(text)))).toEqual(outcome(text))
  })

  // Each with all of its `var` as `const` would be another program.
  test.each([
    ['written again', 'var a = 1; a = 2; seen.push(a)'],
    ['written by a function', 'var a = 1; function next() { return ++a } seen.push(next())'],
    ['written by a pattern', 'var a = 1; [a] = [2]; seen.push(a)'],
    ['written by a loop', 'var a = 1; for (a of [2, 3]); seen.push(a)'],
    ['declared twice', 'var a = 1; var a = 2; seen.push(a)'],
    ['declared in a block too', 'var a = 1; { var a = 2 } seen.push(a)'],
    ['read before', 'seen.push(a); var a = 1'],
    ['read before, in a function that is called', 'function f() { return a } seen.push(f()); var a = 1'],
    ['read before, two calls away', 'var g = () => a; function f() { return g() } seen.push(f()); var a = 1'],
    ['read before, by a method', 'var o = { m() { return a } }; seen.push(o.m()); var a = 1'],
    ['read before, by a class being made', 'var C = class { static s = a }; seen.push(C.s); var a = 1'],
    [
      'read before, by a base class',
      'var b = () => a ?? Object; var C = class extends b() {}; var a = 1; seen.push(1)',
    ],
    ['read before, by a name worked out', 'var C = class { [a]() {} }; var a = "x"; seen.push("x" in C.prototype)'],
    ['read by what gives it its value', 'function f() { return a } var a = [f()]; seen.push(a)'],
    ['read by a name behind it in the list', 'var f = () => b, a = f(), b = 1; seen.push(a)'],
    ['kept for later by a caller', 'var late = []; late.push(() => a); seen.push(late[0]()); var a = 1'],
    ['asked about', 'seen.push(typeof a); var a = 1'],
  ])('not what is %s', (_, text) => {
    const all = [...text.matchAll(/\bvar /g)].map(({ index }) => index)
    expect(outcome(withConst(text, all))).not.toEqual(outcome(text))
    expect(outcome(withConst(text, starts(text)))).toEqual(outcome(text))
  })

  test('not what has no value yet, and nothing where text is run', () => {
    expect(constants('var a; a = 1; var B = 2')).toEqual(['B'])
    expect(constants('var A = 1; eval("A = 2")')).toEqual([])
  })
})
