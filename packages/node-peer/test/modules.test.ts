// What a folder of packages lets a peer say of itself.

import { expect, test } from 'vitest'
import { compatibleWith, moduleLabels } from '../src/modules.ts'
import { project } from './bundle/project.ts'

test.each([
  ['0.34.5', '0.34'],
  ['2.1.0', '2'],
  ['0.0.7', '0.0.7'],
  ['1.0.0-beta.3', '1.0.0-beta.3'],
  ['latest', 'latest'],
])('%s is as good as any %s', (version, key) => expect(compatibleWith(version)).toBe(key))

test('each dependency that is installed is a label', () => {
  const { directory } = project({
    'package.json': JSON.stringify({ dependencies: { sharp: '*', '@a/b': '*' }, optionalDependencies: { gone: '*' } }),
    'node_modules/sharp/package.json': '{ "version": "0.34.5" }',
    'node_modules/@a/b/package.json': '{}',
    'node_modules/other/package.json': '{ "version": "1.0.0" }',
  })
  expect(moduleLabels(directory)).toEqual({ 'package:sharp': '0.34', 'package:@a/b': '0.0.0' })
})

test('a folder without any is refused with what to do', () => {
  const { directory, write } = project({ 'package.json': '{ "dependencies": { "sharp": "*" } }' })
  expect(() => moduleLabels(directory)).toThrow(/^joinMesh: modules: sharp is a dependency in .*not installed: run npm/)
  write({ 'package.json': '{}' })
  expect(() => moduleLabels(directory)).toThrow('has no dependencies: run npm install there for each package')
  expect(() => moduleLabels(`${directory}/none`)).toThrow('is not there; name a folder where npm install was run')
})
