// Runs a part of a package's bundle, in dist/bundled, from what V8 made of it before: to compile two megabytes anew, function
// by function as they are called, is a third of a peer's start. All functions are compiled at once, the first time, and kept
// beside the part with a checksum of both, since V8 looks at no more of either than its length. Where nothing can be
// written everything is as without this; so it is for whoever wants stacks of the sources (node --enable-source-maps).

const {
  accessSync,
  constants,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs')
const Module = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { cachedDataVersionTag, setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')
const { isMainThread } = require('node:worker_threads')
const { crc32 } = require('node:zlib')

/** Of one part: for so many versions of V8, or settings of its flags, each of which needs its own. */
const keptAtMost = 4
const checksumBytes = 4

const url = pathToFileURL(__filename).href
const opened = new Map()

/** What that part exports; each runs once. One that throws is as if it had not been opened. */
exports.open = open

/** That part as a function, not yet run. */
exports.compiled = compiled

function open(part) {
  const known = opened.get(part)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  opened.set(part, module)
  try {
    compiled(part)(module, module.exports, requireFrom, url, (specifier, options) => import(specifier, options))
  } catch (error) {
    opened.delete(part)
    throw error
  }
  return module.exports
}

/** Other parts are beside this file; the rest is for Node to find. */
function requireFrom(specifier) {
  return specifier.startsWith('./') ? open(specifier.slice(2)) : require(specifier)
}

function compiled(part) {
  const filename = join(__dirname, part)
  const text = readFileSync(filename)
  const source = `(function (module, exports, require, __url, __import) {"use strict";${text.toString()}\n})`
  return process.sourceMapsEnabled ? mapped(source, filename) : fastest(source, filename, text).runInThisContext()
}

/** Node reads the source maps of its modules only. */
function mapped(source, filename) {
  const module = new Module(filename)
  module._compile(`module.exports = ${source}`, filename)
  return module.exports
}

function fastest(source, filename, text) {
  const path = `${filename}.${cachedDataVersionTag()}.cache`
  const cachedData = kept(path, text)
  if (cachedData !== undefined) {
    const script = new Script(source, { filename, cachedData })
    if (!script.cachedDataRejected) return script
  }
  // A worker's flags are those of the whole process, whose other threads may be compiling.
  if (!isMainThread || !isWritable(__dirname)) return new Script(source, { filename })
  const script = compiledWhole(source, filename)
  keep(path, script.createCachedData(), text)
  removeOldest(filename)
  return script
}

function compiledWhole(source, filename) {
  const tag = cachedDataVersionTag()
  setFlagsFromString('--no-lazy')
  // Who started Node that way wants it to stay so.
  const isOurs = tag !== cachedDataVersionTag()
  try {
    return new Script(source, { filename })
  } finally {
    if (isOurs) setFlagsFromString('--lazy')
  }
}

/** Others may do so at the same moment: whoever reads finds all of it or nothing. */
function keep(path, bytes, text) {
  const draft = `${path}.${process.pid}-${Math.random()}`
  try {
    writeFileSync(draft, Buffer.concat([checksum(bytes, text), bytes]), { flag: 'wx' })
    renameSync(draft, path)
  } catch {
    remove(draft)
  }
}

/** What V8 made of that text; undefined when it is not there, or not whole. */
function kept(path, text) {
  try {
    const all = readFileSync(path)
    const bytes = all.subarray(checksumBytes)
    return checksum(bytes, text).equals(all.subarray(0, checksumBytes)) ? bytes : undefined
  } catch {
    return undefined
  }
}

function checksum(bytes, text) {
  const sum = Buffer.alloc(checksumBytes)
  sum.writeUInt32LE(crc32(bytes, crc32(text)))
  return sum
}

function removeOldest(filename) {
  try {
    const names = readdirSync(__dirname).map((name) => join(__dirname, name))
    const all = names.filter((name) => name.startsWith(`${filename}.`) && name.includes('.cache'))
    const byAge = all.map((name) => ({ name, ms: statSync(name).mtimeMs })).sort((a, b) => b.ms - a.ms)
    for (const { name } of byAge.slice(keptAtMost)) remove(name)
  } catch {
    // Somebody else is at it.
  }
}

function remove(path) {
  try {
    rmSync(path, { force: true })
  } catch {
    // It may be somebody else's.
  }
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
