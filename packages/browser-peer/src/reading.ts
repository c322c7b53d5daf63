// What reads functions for `mesh.fn`: a parser for the most part, an eighth of all that a page would load before it
// joins. So it is loaded while the page joins, apart from it, and only where functions may be submitted at all. The
// mesh is handed out with it there, since a function that cannot travel is refused in the call that names it.

import { assertMember, MeshError } from '@murmuration/core/internal'
import type { Role } from '@murmuration/core/internal'
import type { fnModule } from '@murmuration/core/reading'

export interface Reading {
  readonly fnModule: typeof fnModule
}

/** Never rejects: where it may not or cannot be had, reading a function throws MeshError FORBIDDEN or BUNDLE_FAILED. */
export async function loadReading(role: Role): Promise<Reading> {
  try {
    assertMember(role, 'submit tasks')
    return await import('@murmuration/core/reading')
  } catch (error) {
    const why = error instanceof MeshError ? error : notLoaded(error)
    const refuse = (): never => {
      throw why
    }
    return { fnModule: refuse }
  }
}

function notLoaded(error: unknown): MeshError {
  const said = error instanceof Error ? error.message : String(error)
  const sentence = `mesh.fn: the part of this page that reads functions could not be loaded (${said}); reload the page`
  return new MeshError('BUNDLE_FAILED', sentence, { cause: error })
}
