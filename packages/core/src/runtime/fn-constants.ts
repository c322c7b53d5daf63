// Writes the values passed to `mesh.fn` as source text. The same values give the same text, since the
// text decides the code's id; devalue knows how to spell cycles, Maps, dates and typed arrays.

import { parse } from 'acorn'
import { uneval } from 'devalue'
import { MeshError } from '../errors.ts'

/** Past this a value belongs in the object store, where it is sent once and not with the code. */
const limitCharacters = 1024 * 1024

/** True when `const name = …` is a declaration that a module may have. */
export function isIdentifier(name: string): boolean {
  try {
    parse(`const ${name}=0`, { ecmaVersion: 'latest', sourceType: 'module' })
    return /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name)
  } catch {
    return false
  }
}

/** `const K=3;const names=["a"];` for those named. Throws MeshError INVALID_OPTION naming what is not plain data. */
export function constantsSource(constants: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  const source = names.map((name) => `const ${name}=${valueSource(name, constants[name])};`).join('')
  if (source.length <= limitCharacters) return source
  throw invalid(
    `the constants take ${Math.round(source.length / 1024)} KiB of source; mesh.put the large ones and pass the ref as an argument`,
  )
}

function valueSource(name: string, value: unknown): string {
  try {
    return uneval(value)
  } catch (error) {
    const at = typeof error === 'object' && error !== null && 'path' in error ? String(error.path) : ''
    const what = typeof error === 'object' && error !== null && 'value' in error ? error.value : value
    const found = typeof what === 'function' ? 'a function' : describe(what)
    throw invalid(
      `constants.${name}${at} is ${found}, not plain data; pass plain data, or move the function to a task module`,
      error,
    )
  }
}

function describe(value: unknown): string {
  if (typeof value === 'symbol') return 'a symbol'
  const made = typeof value === 'object' && value !== null ? value.constructor?.name : undefined
  return made ? `an instance of ${made}` : `a ${typeof value}`
}

function invalid(text: string, cause?: unknown): MeshError {
  return new MeshError('INVALID_OPTION', `mesh.fn: ${text}`, { cause })
}
