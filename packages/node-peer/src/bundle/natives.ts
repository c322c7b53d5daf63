// Packages that stay outside a bundle: those that reach a native addon, which runs on one kind of machine only, and those that
// the program names. Which versions will do is told by what is installed where the bundle is made.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Packages } from '@murmuration/core/internal'
import type { Metafile } from 'esbuild'
import { compatibleWith, unknownVersion } from '../modules.ts'
import { failed, type ModuleFile } from './module-file.ts'

/** The packages that bring the native addons that a bundle still reaches. Throws MeshError BUNDLE_FAILED for one of no package. */
export function nativePackages({ name }: ModuleFile, { inputs, outputs }: Metafile): Set<string> {
  const found = new Set<string>()
  const kept = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  for (const [importer, { bytesInOutput }] of kept) {
    if (bytesInOutput === 0) continue
    for (const { path, original } of inputs[importer]?.imports ?? []) {
      if (!path.endsWith('.node')) continue
      const owner = packageOf(importer) ?? packageOf(path)
      if (owner !== null) found.add(owner)
      else
        throw failed(
          `${name} imports the native addon ${original ?? path} in ${importer}, which runs on one kind of machine only; ` +
            'make it a package that peers can install, and import that',
        )
    }
  }
  return found
}

/** Of the packages that were left outside, those that the bundle imports. Throws MeshError BUNDLE_FAILED for one that is not installed here. */
export function outsideOf(at: ModuleFile, { outputs }: Metafile, external: Iterable<string>): Packages {
  const paths = Object.values(outputs).flatMap(({ imports }) => imports.filter((one) => one.external))
  const isReached = (name: string): boolean => paths.some(({ path }) => path === name || path.startsWith(`${name}/`))
  return Object.fromEntries([...external].filter(isReached).map((name) => [name, versionOf(at, name)]))
}

function versionOf({ file, name: module }: ModuleFile, name: string): string {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const path = join(directory, 'node_modules', name, 'package.json')
    if (existsSync(path)) {
      const { version = unknownVersion } = JSON.parse(readFileSync(path, 'utf8')) as { version?: string }
      return compatibleWith(version)
    }
    if (directory !== dirname(directory)) continue
    throw failed(
      `${module} leaves ${name} outside the bundle, and ${name} is not installed here, where its version tells which one peers must have; ` +
        `run npm install ${name}`,
    )
  }
}

/** `sharp` for `…/node_modules/sharp/lib/index.js`; null for the user's own files. */
function packageOf(path: string): string | null {
  const whole = `/${path}`
  const at = whole.lastIndexOf('/node_modules/')
  if (at === -1) return null
  const [first = '', second = ''] = whole.slice(at + '/node_modules/'.length).split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
