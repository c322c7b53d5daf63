// A TypeScript program as one module that this Node can run: `using` lowered, types gone, files that
// it names by path put together. Packages stay where they are and are named by their place on disk, so
// that the bundle may lie elsewhere and a package that the program shares with us is the same one.

import { existsSync, rmSync, statSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isMeshError } from '@murmuration/core/internal'
import type { BuildOptions, Loader, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild'
import { createPathsMatcher, getTsconfig } from 'get-tsconfig'
import { explainFailure } from '../bundle/explain.ts'
import { UsageError } from './failure.ts'

export interface BundledProgram {
  readonly file: string
  remove(): void
}

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.jsx': 'jsx',
}

/** Rejects with UsageError in one sentence; `named` is how the user called it. */
export async function bundleProgram(program: string, named: string): Promise<BundledProgram> {
  check(program, named)
  const { build } = await import('../bundle/esbuild.ts')
  const directory = await mkdtemp(join(tmpdir(), 'murmur-run-'))
  const remove = (): void => {
    process.off('exit', remove)
    rmSync(directory, { recursive: true, force: true })
  }
  process.on('exit', remove)
  const file = join(directory, `${basename(program, extname(program))}.mjs`)
  try {
    await build({ ...recipe(program), outfile: file })
  } catch (error) {
    remove()
    const explained = explainFailure(basename(program), error)
    throw isMeshError(explained) ? new UsageError(explained.message) : explained
  }
  return { file, remove }
}

function check(program: string, named: string): void {
  if (!existsSync(program)) throw new UsageError(`there is no file ${named}`)
  if (statSync(program).isDirectory()) throw new UsageError(`${named} is a directory: name the program in it`)
  if (!(extname(program) in loaders))
    throw new UsageError(`${named} is no program that runs here: expected ${Object.keys(loaders).join(', ')}`)
}

function recipe(program: string): BuildOptions {
  return {
    entryPoints: [program],
    absWorkingDir: dirname(program),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    charset: 'utf8',
    // Functions that become tasks are listed by their names.
    keepNames: true,
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    // Node's conditions, without the `module` that only bundlers know.
    conditions: [],
    define: {
      'import.meta.url': names.url,
      'import.meta.filename': names.filename,
      'import.meta.dirname': names.dirname,
      'import.meta.main': names.main,
    },
    plugins: [ownPlace(program), packagesStay(program)],
  }
}

const names = { url: '__murmurUrl', filename: '__murmurFilename', dirname: '__murmurDirname', main: '__murmurMain' }

/** Every file keeps its own `import.meta`, though all become one. */
function ownPlace(program: string): Plugin {
  return {
    name: 'murmur-import-meta',
    setup(context) {
      context.onLoad({ filter: /\.[mc]?[jt]sx?$/ }, async ({ path }): Promise<OnLoadResult | null> => {
        const text = await readFile(path, 'utf8')
        if (!text.includes('import.meta')) return null
        const values = {
          [names.url]: pathToFileURL(path).href,
          [names.filename]: path,
          [names.dirname]: dirname(path),
          [names.main]: path === program,
        }
        const declared = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
        // In the first line, so that lines keep their numbers; after a `#!`, which must be first.
        const at = /^#![^\n]*\n/.exec(text)?.[0].length ?? 0
        return {
          contents: `${text.slice(0, at)}const ${declared.join(',')};${text.slice(at)}`,
          loader: loaders[extname(path)] ?? 'default',
        }
      })
    },
  }
}

function packagesStay(program: string): Plugin {
  const tsconfig = getTsconfig(program)
  const aliases = tsconfig && createPathsMatcher(tsconfig)
  const skip = 'murmur-resolved'
  return {
    name: 'murmur-packages',
    setup(context) {
      context.onResolve({ filter: /^[^./]/ }, (args) => {
        const { path, kind, pluginData } = args
        if (kind === 'entry-point' || pluginData === skip || /^(file|data|https?):/.test(path)) return null
        if (isBuiltin(path)) return { path, external: true }
        if (aliases?.(path).some((candidate) => isThere(candidate)) === true) return null
        return resolvePackage(context, args, skip)
      })
    },
  }
}

async function resolvePackage(
  context: PluginBuild,
  { path, importer, resolveDir, kind }: OnResolveArgs,
  skip: string,
): Promise<OnResolveResult> {
  const found = await context.resolve(path, { importer, resolveDir, kind, pluginData: skip })
  if (found.errors.length > 0 && isPackage(path)) {
    const [scope, name] = path.split('/')
    const wanted = path.startsWith('@') ? `${scope}/${name}` : scope
    const text = `imports "${path}", which is not installed: run npm install ${wanted} in its folder`
    return { errors: [{ text, detail: 'sentence' }] }
  }
  // What the program's own `imports` map gives is the program's.
  if (found.errors.length > 0 || (path.startsWith('#') && !/[\\/]node_modules[\\/]/.test(found.path)))
    return { path: found.path, errors: found.errors }
  return { path: pathToFileURL(found.path).href, external: true }
}

function isPackage(path: string): boolean {
  return !path.startsWith('#')
}

function isThere(path: string): boolean {
  return (
    ['', '.ts', '.tsx', '.mts', '.js', '.mjs', '/index.ts', '/index.js'].some(
      (end) => existsSync(path + end) && statSync(path + end).isFile(),
    ) || existsSync(path.replace(/\.js$/, '.ts'))
  )
}
