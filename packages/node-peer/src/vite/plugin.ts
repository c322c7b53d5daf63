// What makes `mesh.use(new URL('./tiles.task.ts', import.meta.url))` work in a page that Vite builds or serves: the
// module is bundled by the recipe that Node follows, and the URL becomes an import of what that gives. It reads the
// expression where it stands, as bundlers do; a URL that is put together at run time stays as it is, and `mesh.use`
// says then what is missing.

import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { CodeId } from '@murmuration/core/internal'
import { bundleModule } from '../bundle/bundle.ts'
import type { Bundle } from '../bundle/bundle.ts'
import { moduleFile } from '../bundle/module-file.ts'
import { prepareBundle } from '../bundle/prepared.ts'
import { sha256 } from '../sha256.ts'
import { taskUrlsIn } from './task-urls.ts'

/** As much of Vite's plugins as this one is; any version takes it. */
export interface MurmurationPlugin {
  readonly name: string
  /** Vite asks whose module that is. */
  resolveId(id: string): string | null
  /** Vite asks for the text of one of ours. */
  load(this: Watching, id: string): Promise<string | null>
  /** Vite shows each module of the page: where one names a task module, an import takes its place. */
  transform(this: Watching, code: string, id: string): Promise<{ code: string; map: null } | null>
}

interface Watching {
  addWatchFile(file: string): void
}

const modulePrefix = '\0murmuration:'
const isScript = /\.([cm]?[jt]sx?|vue|svelte)$/
const sourcePrefix = '\0murmuration-source:'

/**
 * For `plugins` in vite.config.
 *
 * @example
 * import { murmuration } from 'murmuration/vite'
 * export default defineConfig({ plugins: [murmuration()] })
 */
export function murmuration(): MurmurationPlugin {
  const bundled = new Map<CodeId, Bundle>()
  return {
    name: 'murmuration',
    resolveId: (id) => (isOurs(`\0${id}`) ? `\0${id}` : isOurs(id) ? id : null),
    async load(id) {
      if (id.startsWith(sourcePrefix)) return prepared(id.slice(sourcePrefix.length), bundled).source
      if (id.startsWith(modulePrefix)) return prepared(id.slice(modulePrefix.length), bundled).module
      return null
    },
    async transform(code, id) {
      // It is JavaScript by now, and Vite has not taken the URL for that of a picture yet.
      const found = isScript.test(withoutQuery(id)) ? taskUrlsIn(code) : []
      if (found.length === 0) return null
      const imports: string[] = []
      let text = ''
      let copied = 0
      const from = (path: string): URL => pathToFileURL(resolve(dirname(withoutQuery(id)), path))
      for (const { path, assets, start, end } of found) {
        const bundle = await bundleAt(from(path), assets.map(from))
        bundled.set(bundle.module.code, bundle)
        // An edit of any of them makes this file another one.
        for (const file of bundle.files) this.addWatchFile(file)
        for (const url of bundle.assets.values()) this.addWatchFile(fileURLToPath(url))
        const name = `__murmuration_${imports.length}`
        imports.push(`import ${name} from ${JSON.stringify(`${modulePrefix.slice(1)}${bundle.module.code}`)};`)
        text += code.slice(copied, start) + name
        copied = end
      }
      // On one line and before the first, so that every line keeps its number.
      return { code: imports.join('') + text + code.slice(copied), map: null }
    },
  }
}

function isOurs(id: string): boolean {
  return id.startsWith(modulePrefix) || id.startsWith(sourcePrefix)
}

function withoutQuery(id: string): string {
  return id.replace(/\?.*$/, '')
}

function bundleAt(url: URL, assets: readonly URL[]): Promise<Bundle> {
  return bundleModule(moduleFile(url), { env: {}, assets, external: [] }, { sha256 })
}

function prepared(code: string, bundled: ReadonlyMap<CodeId, Bundle>): ReturnType<typeof prepareBundle> {
  const bundle = bundled.get(code as CodeId)
  if (bundle === undefined)
    throw new Error(`no bundle ${code}: the module that uses it has changed; load the page again`)
  return prepareBundle(bundle, {
    source: `${sourcePrefix.slice(1)}${code}`,
    asset: (url, name) => ({ imported: `import ${name} from ${JSON.stringify(`${fileURLToPath(url)}?url`)}` }),
  })
}
