// Runs a part of a package's bundle, in dist/bundled, from what V8 made of it before: to compile two megabytes anew, function
// by function as they are called, is a third of a peer's start. All functions are compiled at once, the first time, and kept
// beside the part under a name that tells V8's version and flags; where nothing can be written everything is as without this.

const { Script } = require('node:vm')
const { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { cachedDataVersionTag, setFlagsFromString } = require('node:v8')
const { isMainThread } = require('node:worker_threads')

const tag = cachedDataVersionTag()
const url = pathToFileURL(__filename).href
const opened = new Map()

/** What that part exports; each runs once. */
exports.open = open

/** The part as V8 has it. Of what lies in the same folder, a name with another hash is another text. */
exports.compiled = compiled

function open(name) {
  const known = opened.get(name)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  opened.set(name, module)
  const run = compiled(name).runInThisContext()
  run(module, module.exports, find, url, (specifier) => import(specifier))
  return module.exports
}

/** Other parts are beside this file; the rest is for Node to find. */
function find(specifier) {
  return specifier.startsWith('./') ? open(specifier.slice(2)) : require(specifier)
}

function compiled(name) {
  const filename = join(__dirname, name)
  const kept = `${filename}.${tag}.cache`
  const source = `(function (module, exports, require, __url, __import) {${readFileSync(filename, 'utf8')}\n})`
  const options = { filename }
  const cachedData = readKept(kept)
  if (cachedData !== undefined) {
    const script = new Script(source, { ...options, cachedData })
    if (!script.cachedDataRejected) return script
  }
  return isMainThread && isWritable(__dirname) ? compiledWhole(source, options, kept) : new Script(source, options)
}

function compiledWhole(source, options, kept) {
  setFlagsFromString('--no-lazy')
  let script
  try {
    script = new Script(source, options)
  } finally {
    setFlagsFromString('--lazy')
  }
  keep(kept, script.createCachedData())
  return script
}

/** Others may do so at the same moment: whoever reads finds all of it or nothing. */
function keep(path, bytes) {
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, bytes)
    renameSync(draft, path)
  } catch {
    rmSync(draft, { force: true })
  }
}

function readKept(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined
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
