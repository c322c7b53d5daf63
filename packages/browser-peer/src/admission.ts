// How a page is admitted: by the invite that it was opened with. By a key only where it founds a mesh of its own, and
// in tests: a page that is given a key could hand on the whole mesh.

import { Admission, meshKeys } from '@murmuration/core/internal'
import type { Invite, PeerId } from '@murmuration/core/internal'

export function admissionByKey(key: Uint8Array, self: PeerId): Admission {
  return new Admission({ self, by: meshKeys(key), now: () => Date.now() })
}

export function admissionByInvite(invite: Invite, self: PeerId): Admission {
  return new Admission({ self, by: invite, now: () => Date.now() })
}
