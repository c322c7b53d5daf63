// Does a value match a schema to the letter, with no field too many? Nearly all that honest peers send
// does, and a yes costs a tenth of what zod takes to look and to copy. A no decides nothing: zod then
// says what is wrong, or leaves out what is not known. Of the options of a union at most one may match.

import type * as z from 'zod/mini'

type Fits = (value: unknown) => boolean
type Schema = z.core.$ZodType
type Check = z.core.$ZodCheck

const known = new WeakMap<object, Fits>()

/** Only what is certain: false too when the schema says something that is not understood here. */
export function fitsExactly(schema: object, value: unknown): boolean {
  let fits = known.get(schema)
  if (!fits) known.set(schema, (fits = compiled(schema as Schema)))
  return fits(value)
}

function compiled(schema: Schema): Fits {
  const { def } = schema._zod as unknown as z.core.$ZodTypes['_zod']
  const fits = plain(def)
  const checks = (def.checks ?? []).map(compiledCheck)
  return [fits, ...checks].reduce((before, check) => (value) => before(value) && check(value))
}

function plain(def: z.core.$ZodTypes['_zod']['def']): Fits {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- of the rest nothing is certain
  switch (def.type) {
    case 'string':
      // A format of its own is a check that stands nowhere else.
      return 'format' in def ? never : (value) => typeof value === 'string'
    case 'number':
      if ('format' in def) return def.format === 'safeint' ? Number.isSafeInteger : never
      return Number.isFinite
    case 'boolean':
      return (value) => typeof value === 'boolean'
    case 'null':
      return (value) => value === null
    case 'literal':
      return oneOf(def.values)
    case 'enum':
      return oneOf(Object.values(def.entries))
    case 'nullable':
      return orElse(null, compiled(def.innerType))
    case 'optional':
      return orElse(undefined, compiled(def.innerType))
    case 'array':
      return array(compiled(def.element))
    case 'tuple':
      return def.rest ? never : tuple(def.items.map(compiled))
    case 'record':
      // With keys that are listed all of them have to be there.
      return def.keyType._zod.values ? never : record(compiled(def.keyType), compiled(def.valueType))
    case 'object':
      return def.catchall ? never : object(def.shape)
    case 'union':
      return 'discriminator' in def ? discriminated(def as z.core.$ZodDiscriminatedUnionDef) : union(def.options)
    case 'custom':
      // Here that is `instanceof`, and only of bytes.
      return (value) => value instanceof Uint8Array && def.fn(value) === true
    default:
      return never
  }
}

const never: Fits = () => false

function compiledCheck(check: Check): Fits {
  const def = check._zod.def as z.core.$ZodChecks['_zod']['def']
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- of the rest nothing is certain
  switch (def.check) {
    case 'max_length':
      return (value) => (value as string).length <= def.maximum
    case 'min_length':
      // Characters of two units are counted as one only where more than one is wanted.
      return def.minimum === 1 ? (value) => (value as string).length > 0 : never
    case 'greater_than':
      return def.inclusive ? (value) => (value as number) >= Number(def.value) : never
    case 'less_than':
      return def.inclusive ? (value) => (value as number) <= Number(def.value) : never
    case 'string_format': {
      const { pattern } = def
      return pattern && !pattern.global && !pattern.sticky ? (value) => pattern.test(value as string) : never
    }
    default:
      return never
  }
}

function oneOf(values: readonly unknown[]): Fits {
  const [only] = values
  if (values.length === 1) return (value) => value === only
  const all = new Set(values)
  return (value) => all.has(value)
}

function orElse(other: null | undefined, fits: Fits): Fits {
  return (value) => value === other || fits(value)
}

function array(fits: Fits): Fits {
  return (value) => {
    if (!Array.isArray(value)) return false
    for (let at = 0; at < value.length; at++) if (!fits(value[at])) return false
    return true
  }
}

function tuple(items: readonly Fits[]): Fits {
  return (value) => Array.isArray(value) && value.length === items.length && items.every((fits, at) => fits(value[at]))
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function record(fitsKey: Fits, fits: Fits): Fits {
  return (value) => {
    if (!isPlain(value)) return false
    for (const key in value) if (!fitsKey(key) || !fits(value[key])) return false
    return true
  }
}

/** Fields that are there count: with as many as the value has none is unknown. */
function object(shape: z.core.$ZodShape): Fits {
  const fields = Object.entries(shape).map(([key, schema]) => ({ key, fits: compiled(schema) }))
  return (value) => {
    if (!isPlain(value)) return false
    let count = 0
    for (const { key, fits } of fields) {
      const field = value[key]
      if (!fits(field)) return false
      if (field !== undefined) count++
    }
    for (const _ in value) count--
    return count === 0
  }
}

function union(options: readonly Schema[]): Fits {
  const all = options.map(compiled)
  return (value) => all.some((fits) => fits(value))
}

function discriminated({ discriminator, options }: z.core.$ZodDiscriminatedUnionDef): Fits {
  const byName = new Map<unknown, Fits>()
  for (const option of options) {
    const { shape } = (option as unknown as z.core.$ZodObject)._zod.def
    for (const name of shape[discriminator]?._zod.values ?? []) byName.set(name, compiled(option))
  }
  return (value) => isPlain(value) && byName.get(value[discriminator])?.(value) === true
}
