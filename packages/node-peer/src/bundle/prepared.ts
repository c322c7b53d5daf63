// A bundle as a module that a page can import: it enters the bundle into the table where a page's `mesh.use` looks,
// under a URL that it exports. What other build tools need beside the Vite plugin, and what that is made of. The
// table and the shape of its rows are browser-peer's (prepared-code.ts); the text of the bundle travels apart, so
// that a page that never uses the module never loads it.

import type { Bundle } from './bundle.ts'

export interface PreparedText {
  /** What stands in the page: small. */
  readonly module: string
  /** What is loaded when the module is first used: `export default '…the bundle…'`. */
  readonly source: string
}

/** Where a page has what belongs to a bundle. */
export interface PreparedPlaces {
  /** What the first module imports the second from. */
  readonly source: string
  /** An import that gives the URL of an asset as `name`, or an expression that is one. */
  asset(url: URL, name: string): { readonly imported: string } | { readonly expression: string }
}

export function prepareBundle({ module, source, assets }: Bundle, places: PreparedPlaces): PreparedText {
  const { name, exports, only, packages, code } = module
  const row = JSON.stringify({ name, exports, only, packages }).replace(/}$/, '')
  const imports: string[] = []
  const files = [...assets].map(([file, url], nth) => {
    const place = places.asset(url, `asset${nth}`)
    if ('imported' in place) imports.push(place.imported)
    // A bundler's URL may be one of its site only.
    const text = 'imported' in place ? `new URL(asset${nth}, import.meta.url).href` : place.expression
    return `${JSON.stringify(file)}:${text}`
  })
  return {
    module: [
      ...imports,
      // Of no place on disk, and another one when the module is another.
      `const url = new URL(${JSON.stringify(`murmuration:${code}/${name}`)})`,
      `const source = async () => (await import(${JSON.stringify(places.source)})).default`,
      `;(globalThis[Symbol.for('murmuration.modules.1')] ??= new Map()).set(url.href, ${row},"source":source,"assets":{${files.join(',')}}})`,
      'export default url',
      '',
    ].join('\n'),
    source: `export default ${quoted(new TextDecoder().decode(source))}\n`,
  }
}

/** JSON is JavaScript, but for two characters that old engines take for ends of lines. */
function quoted(text: string): string {
  return JSON.stringify(text)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
}
