// What a program here may ask for, by this peer's own role: said at once, in the sentence that others would
// say. They check it for themselves (state/permits.ts).

import { MeshError } from '../errors.ts'
import type { Role } from '../model/role.ts'
import { forbiddenSentence } from '../state/permits.ts'

/** Throws MeshError FORBIDDEN. `deed`: what it would do, as in "may not …". */
export function assertMember(role: Role, deed: string): void {
  if (role !== 'member') throw new MeshError('FORBIDDEN', forbiddenSentence(role, deed))
}
