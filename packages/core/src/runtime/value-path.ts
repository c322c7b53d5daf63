// Where in a value something is, written as a programmer would: `args[0].camera`, `result.get("k")`.

import { MeshError } from '../errors.ts'

/** A step from a container to something in it. Built only as the walk goes, spelled only on an error. */
export interface Step {
  readonly from: Step | null
  readonly key: string | number
  /** How the container is entered. */
  readonly by: 'property' | 'map-key' | 'map-value' | 'set'
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

export function spell(root: string, step: Step | null): string {
  const parts: string[] = []
  for (let at = step; at !== null; at = at.from) parts.push(spellStep(at))
  return root + parts.reverse().join('')
}

function spellStep({ key, by }: Step): string {
  if (by === 'map-key') return `'s key ${key}`
  if (by === 'map-value') return `'s value ${key}`
  if (by === 'set') return `'s member ${key}`
  if (typeof key === 'number') return `[${key}]`
  return identifier.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

/** The error for a value that cannot travel: `args[0].camera is a Camera; pass a plain object`. */
export function unserializable(path: string, why: string, cause?: unknown): MeshError {
  return new MeshError('UNSERIALIZABLE', `${path} ${why}`, { cause })
}
