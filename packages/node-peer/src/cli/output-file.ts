// The file behind `-o`: looked at before anything is waited for, and written whole or not at all.

import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UsageError } from './failure.ts'

/** Absolute. Throws a UsageError before anything is waited for. */
export async function writable(output: string): Promise<string> {
  const file = resolve(output)
  const found = await stat(file).catch(() => null)
  if (found?.isDirectory()) throw new UsageError(`-o ${output} is a directory: name a file in it`)
  const folder = await stat(dirname(file)).catch(() => null)
  if (!folder?.isDirectory()) throw new UsageError(`-o ${output}: there is no directory ${dirname(file)}`)
  return file
}

/** All of it or nothing. */
export async function write(file: string, content: Uint8Array): Promise<void> {
  const part = `${file}.${process.pid}.part`
  try {
    await writeFile(part, content)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw new UsageError(`-o ${file} cannot be written: ${(error as Error).message}`)
  }
}
