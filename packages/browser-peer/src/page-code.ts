// What makes code of functions and of prepared modules: a parser for the most part, an eighth of all that a page would load
// before it joins. So it is loaded while the page joins, apart from it, and only where work may be submitted at all. The
// mesh is handed out with it there, since a function that cannot travel is refused in the call that names it.

import { assertMember, MeshError, readManifest } from '@murmuration/core/internal'
import type { CodePort, Role } from '@murmuration/core/internal'
import type { PageCodeOptions } from './prepared-code.ts'

export type MakePageCode = (options: PageCodeOptions) => CodePort

/** Never rejects: where it may not or cannot be had, making code of anything throws MeshError FORBIDDEN or BUNDLE_FAILED. */
export async function loadPageCode(role: Role): Promise<MakePageCode> {
  try {
    assertMember(role, 'submit tasks')
    const parts = await Promise.all([import('./prepared-code.ts'), import('@murmuration/core/reading')])
    const [{ createPageCode }, { fnModule }] = parts
    return (options) => createPageCode({ fnModule, readManifest }, options)
  } catch (error) {
    const why = error instanceof MeshError ? error : notLoaded(error)
    const refuse = (): never => {
      throw why
    }
    return () => ({ use: () => Promise.reject(why), fn: refuse })
  }
}

function notLoaded(error: unknown): MeshError {
  const said = error instanceof Error ? error.message : String(error)
  const sentence = `the part of this page that reads functions and modules could not be loaded (${said}); reload the page`
  return new MeshError('BUNDLE_FAILED', sentence, { cause: error })
}
