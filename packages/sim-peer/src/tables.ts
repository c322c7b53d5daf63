// Rows of the machine's tables by name: the door gives the tables, and these come with them.

import type { PeerState } from '@murmuration/core/internal'

type RowOf<T extends { all(): Iterable<unknown> }> = T extends { all(): Iterable<infer Row> } ? Row : never

export type TaskRow = RowOf<PeerState['tasks']>
export type RunRow = RowOf<PeerState['executor']>
export type Entry = RowOf<PeerState['directory']>
export type Member = RowOf<PeerState['members']>
export type Callee = RowOf<PeerState['callees']>
