// What the verbs of a mesh need of the peer beneath it, whoever drives that: the real shell (peer.ts), or a simulated one.

import type { Admission } from '../trust/admission.ts'
import type { Peer } from './peer.ts'

export interface PeerBeneath extends Pick<
  Peer,
  | 'self'
  | 'state'
  | 'events'
  | 'jobs'
  | 'post'
  | 'keepCode'
  | 'freshContext'
  | 'openContext'
  | 'assertOpen'
  | 'inspect'
  | 'inspectHere'
  | 'onStop'
  | 'leave'
> {
  readonly admission: Pick<Admission, 'role'>
}
