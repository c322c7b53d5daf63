// What guardians tell of a context that is run again. They may tell of different times: one of them may
// keep the ledger of an earlier run, from before another went on with it. So nothing is taken over until
// all have answered, and of each object the row that tells most.

import type { AttemptId, Instant, LifeId, ObjectId } from '../model/ids.ts'
import type { LedgerRow } from '../model/ledger.ts'
import { united } from '../model/ledger.ts'

/** The row that tells most of an object, and everybody who knows of it. */
export interface ToldRow {
  row: LedgerRow
  readonly by: LifeId[]
}

/** What was asked of guardians for an attempt at a task that others have begun, or for a job: held until it has ended. */
export interface ClaimRow {
  /** Null: it is a job. */
  readonly attempt: AttemptId | null
  readonly waits: Set<LifeId>
  by: Instant
  /** What they told, and who did; taken over when all have. */
  readonly told: Map<ObjectId, ToldRow>
  /** What was taken over, and what the told rows of an attempt refer to. */
  readonly inherited: ObjectId[]
  /** Who answered for it before. */
  readonly formerly: readonly LifeId[]
}

export function note(claim: ClaimRow, row: LedgerRow, from: LifeId): void {
  const told = claim.told.get(row.object)
  if (!told) return void claim.told.set(row.object, { row, by: [from] })
  told.by.push(from)
  told.row = united(told.row, row)
}
