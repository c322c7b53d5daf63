// What a peer has for code that leaves packages outside its bundle: the dependencies of a folder with a package.json. Each
// becomes a label, so tasks are placed where their packages are; bundles then lie where Node looks for them there.

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MeshError, packageLabel } from '@murmuration/core/internal'

interface PackageFile {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A label for each package that is installed there. Throws MeshError INVALID_OPTION. */
export function moduleLabels(folder: string): Record<string, string> {
  const { dependencies = {}, optionalDependencies = {} } = packageFile(folder)
  const labels: Record<string, string> = {}
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const version = installed(folder, name)
    if (version !== null) labels[`${packageLabel}${name}`] = compatibleWith(version)
    else if (Object.hasOwn(dependencies, name))
      throw invalid(
        `${name} is a dependency in ${join(folder, 'package.json')}, and not installed: run npm install there`,
      )
  }
  if (Object.keys(labels).length > 0) return labels
  throw invalid(
    `${join(folder, 'package.json')} has no dependencies: run npm install there for each package that tasks need`,
  )
}

/** Of a package that does not say which it is. */
export const unknownVersion = '0.0.0'

/** Versions after this one that promise the same: `0.34` for 0.34.5, `2` for 2.1.0, and of what is not finished only itself. */
export function compatibleWith(version: string): string {
  const [, major = '', minor = '', patch = '', rest = ''] = /^(\d+)\.(\d+)\.(\d+)(-.+)?/.exec(version) ?? []
  if (major === '' || rest !== '') return version
  if (major !== '0') return major
  return minor === '0' ? `0.0.${patch}` : `0.${minor}`
}

function packageFile(folder: string): PackageFile {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'is not there'
        : `cannot be read: ${(error as Error).message}`
    throw invalid(`${join(resolve(folder), 'package.json')} ${why}; name a folder where npm install was run`)
  }
}

function installed(folder: string, name: string): string | null {
  try {
    const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as PackageFile).version ?? unknownVersion
  } catch {
    return null
  }
}

function invalid(said: string): MeshError {
  return new MeshError('INVALID_OPTION', `joinMesh: modules: ${said}`)
}
