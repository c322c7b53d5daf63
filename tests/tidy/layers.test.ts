// The rules of the house that a machine can check: what may import what, and how long a file may be.
// The compiler enforces the same (a project of its own for the machine) where it can; this says it in
// one place, and fails in a second.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('dist'))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const named = [...text.matchAll(/^(?:import|export)[^'"]*?from '([^']+)'|^import '([^']+)'/gm)]
  return named.map((match) => match[1] ?? match[2] ?? '')
}

const core = 'packages/core/src'

/** What each layer of the machine may import, by the beginning of the path. */
const allowed: Readonly<Record<string, RegExp>> = {
  model: /^(\.\/|[a-z])/,
  state: /^(\.\/|\.\.\/model\/|[a-z])/,
  flows: /^(\.\/|\.\.\/(model|state)\/|[a-z])/,
}

describe('layers', () => {
  for (const [layer, rule] of Object.entries(allowed)) {
    test(`${layer} imports nothing above it, and no platform`, () => {
      for (const file of sources(`${core}/${layer}`)) {
        for (const path of importsOf(file)) {
          expect(path, `${file} imports ${path}`).toMatch(rule)
          expect(path, `${file} imports ${path}`).not.toMatch(/^(node:|comlink|msgpackr|zod|libp2p)/)
        }
      }
    })
  }

  test('flows do not call each other: only the door and its table of recorders know them', () => {
    for (const file of sources(`${core}/flows`)) {
      if (/\/(handle|dispatch)\.ts$/.test(file)) continue
      for (const path of importsOf(file)) expect(path, `${file} imports ${path}`).not.toMatch(/^\.\//)
    }
  })

  test('the machine knows no clock and no chance of its own', () => {
    for (const layer of Object.keys(allowed)) {
      for (const file of sources(`${core}/${layer}`)) {
        const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '')
        expect(code, file).not.toMatch(/\bDate\b|Math\.random|setTimeout|setInterval|performance\.now|crypto\./)
      }
    }
  })

  test('core knows no platform', () => {
    for (const file of sources(core)) {
      for (const path of importsOf(file)) expect(path, file).not.toMatch(/^node:|node-peer|sim-peer/)
    }
  })
})

test('no source file is longer than 400 lines', () => {
  for (const name of readdirSync(join(root, 'packages'))) {
    for (const file of sources(`packages/${name}/src`)) {
      const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1
      expect(lines, file).toBeLessThanOrEqual(400)
    }
  }
})
