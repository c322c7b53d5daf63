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

/** `sourceFrom`: what the first module imports the second from. */
export function prepareBundle({ module, source }: Bundle, sourceFrom: string): PreparedText {
  const { name, exports, only, code } = module
  const row = JSON.stringify({ name, exports, only }).replace(/}$/, '')
  return {
    module: [
      // Of no place on disk, and another one when the module is another.
      `const url = new URL(${JSON.stringify(`murmuration:${code}/${name}`)})`,
      `const source = async () => (await import(${JSON.stringify(sourceFrom)})).default`,
      `;(globalThis[Symbol.for('murmuration.modules.1')] ??= new Map()).set(url.href, ${row},"source":source})`,
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
