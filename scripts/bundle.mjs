// Makes each package's dist/bundled: all that Node loads of it, with what it uses of other projects, as a few parts. To
// find, read and compile a thousand small modules is more than half of a peer's start. Every door of a package leads into
// the same parts, so that nothing of it is there twice. A part is CommonJS, which V8 need not compile again (compiled.cjs);
// doors can be imported and required. Does nothing where all of it is newer than what it is made of.

import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'acorn'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** By package: its doors, as `exports` in its package.json names them for Node. Flat, one level below dist, as every module there that finds a file by its own place expects. */
const doors = {
  core: { index: 'index', internal: 'internal', reading: 'reading', seeing: 'seeing', task: 'task', worker: 'worker' },
  'libp2p-link': { index: 'index', 'node-parts': 'node-parts' },
  'node-peer': {
    cli: 'cli/main',
    code: 'code',
    index: 'index',
    internal: 'internal',
    vite: 'vite/index',
    worker: 'worker',
  },
}

/** What stays apart: our other packages, of which there must be one each, and what has native parts. */
const apart = ['@murmuration/*', 'esbuild', 'msgpackr', 'vite']

const installedMs = changedMs(join(root, 'node_modules', '.package-lock.json'))
const ownMs = Math.max(...['bundle.mjs', 'compiled.cjs'].map((file) => changedMs(join(root, 'scripts', file))))
for (const [name, entries] of Object.entries(doors)) {
  const dist = join(root, 'packages', name, 'dist')
  const neededMs = Math.max(installedMs, ownMs, ...modulesIn(dist).map(changedMs))
  const stamp = join(dist, '.bundled')
  if (neededMs < changedMs(stamp)) continue
  const { parts, opened } = await partsOf(dist, entries)
  write(join(dist, 'bundled'), parts, opened)
  // The last thing: a build that broke off is not taken for one.
  writeFileSync(stamp, '')
}

/** The parts, by file name, and which part and which names each door opens on. */
async function partsOf(dist, entries) {
  const { build, transform } = await import('esbuild')
  const common = { format: 'esm', platform: 'node', target: 'node20', minifyWhitespace: true, lineLimit: 160 }
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([door, module]) => [door, join(dist, `${module}.js`)]),
    ),
    outdir: join(dist, 'bundled'),
    absWorkingDir: dist,
    entryNames: '[name]-[hash]',
    outExtension: { '.js': '.part.js' },
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    external: apart,
    minifySyntax: true,
    legalComments: 'eof',
    sourcemap: 'inline',
    sourcesContent: false,
  })
  const parts = new Map()
  const opened = new Map()
  for (const { path, text } of outputFiles) {
    const part = basename(path)
    const { entryPoint, exports } = metafile.outputs[`bundled/${part}`]
    const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module' })
    const made = await transform(importsGiven(text, tree), {
      ...common,
      format: 'cjs',
      define: { 'import.meta.url': '__url' },
      sourcefile: part,
      sourcemap: 'external',
      sourcesContent: false,
    })
    const doubts = [
      ...made.warnings.map((warning) => warning.text),
      ...(exports.includes('default') ? ['a default export'] : []),
    ]
    if (doubts.length > 0) throw new Error(`${part} cannot become CommonJS: ${doubts.join('; ')}`)
    parts.set(part, made)
    const door = Object.keys(entries).find((door) => entryPoint === `${entries[door]}.js`)
    const onwards = tree.body.filter(({ type }) => type === 'ExportAllDeclaration').map(({ source }) => source.value)
    if (door !== undefined) opened.set(door, { part, exports, onwards })
  }
  return { parts, opened }
}

/** What is imported when it is needed: parts are required then, and for the rest compiled.cjs has an `import` that works. */
function importsGiven(text, tree) {
  const pieces = []
  let copied = 0
  for (const { start, end, source } of importsIn(tree)) {
    const isPart = source.type === 'Literal' && source.value.startsWith('./')
    pieces.push(text.slice(copied, start))
    if (isPart) pieces.push(`Promise.resolve().then(()=>require(${source.raw}))`)
    else pieces.push('__import', text.slice(start + 'import'.length, end))
    copied = end
  }
  return [...pieces, text.slice(copied)].join('')
}

/** The calls of `import`, as they come in the text. None here is within another's brackets. */
function importsIn(node) {
  if (Array.isArray(node)) return node.flatMap(importsIn)
  if (node?.type === 'ImportExpression') return [node]
  return typeof node?.type === 'string' ? Object.values(node).flatMap(importsIn) : []
}

function write(folder, parts, opened) {
  mkdirSync(folder, { recursive: true })
  const made = new Set(['compiled.cjs'])
  const put = (file, text) => {
    made.add(file)
    writeFileSync(join(folder, file), text)
  }
  copyFileSync(join(root, 'scripts', 'compiled.cjs'), join(folder, 'compiled.cjs'))
  for (const [part, { code, map }] of parts) {
    put(part, `${code}//# sourceMappingURL=${part}.map\n`)
    put(`${part}.map`, map)
  }
  for (const [door, { part, exports, onwards }] of opened) {
    const names = exports.length === 0 ? '' : `export const { ${exports.join(', ')} } = door\n`
    put(`${door}.cjs`, `module.exports = require('./compiled.cjs').open('${part}')\n`)
    put(
      `${door}.js`,
      `import door from './${door}.cjs'\n${onwards.map((from) => `export * from '${from}'\n`).join('')}${names}`,
    )
  }
  // What V8 made of the parts before, too.
  for (const file of readdirSync(folder)) if (!made.has(file)) rmSync(join(folder, file))
  const { compiled } = createRequire(import.meta.url)(join(folder, 'compiled.cjs'))
  for (const part of parts.keys()) compiled(part)
}

function modulesIn(dist) {
  const isMade = (name) => ['bundled', 'web'].includes(name.split(/[\\/]/)[0])
  const names = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith('.js') && !isMade(name))
  return names.map((name) => join(dist, name))
}

function changedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
