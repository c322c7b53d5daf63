// `murmur result`: reads what was given a name in a named job, from whoever answers for it. The job is
// not opened for that: a program that has it goes on, and one that is run again finds it free.

import { MeshError, didYouMean, isMeshError } from '@murmuration/core/internal'
import { totalmem } from 'node:os'
import { inspect } from 'node:util'
import type { Common } from './arguments.ts'
import { plain } from './describe.ts'
import { UsageError } from './failure.ts'
import { findJob, listed } from './jobs.ts'
import type { NamedJob } from './jobs.ts'
import { observe } from './observer.ts'
import type { Observer } from './observer.ts'
import { writable, write } from './output-file.ts'
import { colours, print, printJson } from './table.ts'
import { bytes, duration, plural } from './words.ts'

export interface ResultOptions extends Common {
  readonly output?: string | undefined
  /** Seconds. */
  readonly timeout?: number | undefined
}

export async function result(jobName: string, name: string, options: ResultOptions): Promise<number> {
  const file = options.output === undefined ? null : await writable(options.output)
  // It has to fit in here once, encoded.
  const memoryBytes = Math.floor(totalmem() / 4)
  const { job, value } = await observe({ ...options, memoryBytes }, async (observer) => {
    const until = performance.now() + (options.timeout ?? Number.POSITIVE_INFINITY) * 1_000
    const job = await findJob(observer, jobName, { withinMs: until - performance.now() })
    return { job, value: await valueOf(observer, job, name, { ...options, until }) }
  })
  const told = { job: jobName, name, peer: job.peer }
  if (file === null) {
    if (options.json === true) printJson({ ...told, value: jsonable(value) })
    else show(value)
    return 0
  }
  const content = contentOf(value)
  await write(file, content)
  if (options.json === true) printJson({ ...told, file, bytes: content.byteLength })
  else print(`${options.output}: ${bytes(content.byteLength)}, ${name} of job ${jobName}`)
  return 0
}

// oxlint-disable-next-line max-params -- who, what of what, how long
async function valueOf(
  observer: Observer,
  job: NamedJob,
  name: string,
  { timeout, until }: ResultOptions & { readonly until: number },
): Promise<unknown> {
  const object = objectNamed(job, name)
  const isDone = job.done.includes(name)
  if (!isDone && job.state === 'kept') {
    const why = `${name} of job ${job.name} is not done, and its program is gone (${job.peer} keeps what is done)`
    throw new MeshError('NOT_FOUND', `${why}: run the program again`)
  }
  if (!isDone && timeout !== 0)
    process.stderr.write(`murmur: ${name} is not done yet, waiting for it: ${whoHas(job)}\n`)
  try {
    const ref = observer.refTo({ object: object as never, owner: job.life }, name)
    return await ref.get(timeout === undefined ? {} : { timeoutMs: Math.max(0, Math.ceil(until - performance.now())) })
  } catch (error) {
    if (!isMeshError(error) || error.code !== 'GET_TIMEOUT') throw error
    const more = `${whoHas(job)}; murmur explain ${object} says what it waits for`
    throw new MeshError(
      'GET_TIMEOUT',
      `${name} of job ${job.name} is not there after ${duration(1_000 * (timeout ?? 0))}: ${more}`,
    )
  }
}

function objectNamed({ name: job, names }: NamedJob, name: string): string {
  const object = Object.hasOwn(names, name) ? names[name] : undefined
  if (object !== undefined) return object
  const known = Object.keys(names)
  const there =
    known.length === 0 ? 'nothing in it has a name yet: f.with({ name })(…) gives one' : `there are ${listed(known)}`
  throw new UsageError(`nothing in job ${job} is named ${name}${didYouMean(name, known)}; ${there}`)
}

function whoHas({ peer, state, pending }: NamedJob): string {
  const has = state === 'open' ? `its program is on ${peer}` : `${peer} goes on with the job`
  return `${has}, ${plural(pending, 'task')} pending`
}

function show(value: unknown): void {
  print(typeof value === 'string' ? value : inspect(value, { depth: 10, colors: colours.isColorSupported }))
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    process.stderr.write(`murmur: these are ${bytes(value.byteLength)}; -o FILE writes them as they are\n`)
}

function contentOf(value: unknown): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  const text = typeof value === 'string' ? value : `${JSON.stringify(jsonable(value), null, 2)}\n`
  return new TextEncoder().encode(text)
}

/** As much as JSON can say: maps as entries, sets and typed arrays as lists, big integers as text. */
function jsonable(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, saying) ?? 'null') as unknown
  } catch {
    return inspect(value, { depth: 10 })
  }
}

function saying(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map || value instanceof Set) return [...value]
  if (value instanceof Error) return plain(value)
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...(value as Uint8Array)]
  return value
}
