// What a spec's `fn` stands for in a worker: an exported function, an exported class, or a method of the actor that
// lives there. Whoever asked for a name that is not there is told the nearest one. Nothing is called here.

import { clip } from '../model/limits.ts'
import type { Outcome } from '../model/task.ts'
import { didYouMean } from '../nearest.ts'
import type { Fn } from '../types.ts'
import { isClass } from './value-kinds.ts'

export type Namespace = Readonly<Record<string, unknown>>
export type Rejected = Extract<Outcome, { type: 'rejected' }>

/** A class as a user exports it. With both methods its instances survive their host. */
export interface ActorClass {
  new (...args: unknown[]): object
  restore?: (state: unknown) => unknown
}

export function exportedFunction(namespace: Namespace, name: string): Fn | Rejected {
  const found = Object.hasOwn(namespace, name) ? namespace[name] : undefined
  if (typeof found === 'function') return found as Fn
  const names = Object.keys(namespace).filter((key) => typeof namespace[key] === 'function')
  return unknown(`no exported function ${name}${didYouMean(name, names)}; there are ${names.join(', ')}`)
}

export function exportedClass(namespace: Namespace, name: string): ActorClass | Rejected {
  const found = Object.hasOwn(namespace, name) ? namespace[name] : undefined
  if (isClass(found)) return found as ActorClass
  const names = Object.keys(namespace).filter((key) => isClass(namespace[key]))
  const there = names.length === 0 ? 'the module exports none' : `there are ${names.join(', ')}`
  return unknown(`no exported class ${name}${didYouMean(name, names)}; ${there}`)
}

/** What `snapshot` and `constructor` return is not for callers. */
const reserved: ReadonlySet<string> = new Set(['constructor', 'snapshot'])

/** Fields and accessors are not called. `namespace`: where its class is named as its users know it; bundlers rename classes that refer to themselves. */
export function methodOf(instance: object, name: string, namespace: Namespace = {}): Fn | Rejected {
  const found = reserved.has(name) ? undefined : valueOf(instance, name)
  if (typeof found === 'function') return found as Fn
  const names = methodsOf(instance)
  const there = names.length === 0 ? 'it has none' : `there are ${names.join(', ')}`
  const { constructor } = instance as { constructor?: { name?: string } }
  const exported = Object.keys(namespace).find((key) => namespace[key] === constructor)
  const kind = exported ?? (constructor?.name || 'this class')
  return unknown(`no method ${name} in ${kind}${didYouMean(name, names)}; ${there}`)
}

/** What somebody wrote under that name, on the instance or in one of its classes. */
function valueOf(instance: object, name: string): unknown {
  for (const level of levels(instance)) {
    const property = Object.getOwnPropertyDescriptor(level, name)
    if (property !== undefined) return property.value
  }
  return undefined
}

function methodsOf(instance: object): string[] {
  const names = [...levels(instance)].flatMap((level) => Object.getOwnPropertyNames(level))
  return [...new Set(names)].filter((name) => !reserved.has(name) && typeof valueOf(instance, name) === 'function')
}

/** The instance, its class, and those that it extends. */
function* levels(instance: object): Generator<object> {
  for (let at: unknown = instance; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    yield at as object
  }
}

function unknown(message: string): Rejected {
  return { type: 'rejected', code: 'UNKNOWN_EXPORT', message: clip(message) }
}
