// The mesh, as rows use it: an executor with one slot and a submitter with none, in a process each.

import type { RowContext } from '../row.ts'
import type { CallerOrder } from './caller.ts'
import type { FetcherOrder } from './fetcher.ts'
import type { Joined, PeerOrder } from './peer.ts'
import type { ReaderOrder } from './reader.ts'
import type { SubmitterOrder } from './submitter.ts'

export async function meshTasks(context: RowContext, inFlight: number, job: string | null = null): Promise<number> {
  const executor = await startPeer(context, { entry: [], slots: 1 })
  const order: SubmitterOrder = { entry: executor.addresses, inFlight, job }
  const result = await context.start('./mesh/submitter.js', order).next<number>()
  executor.process.kill()
  return result
}

export async function meshItems(context: RowContext, ahead: number | null): Promise<number> {
  const executor = await startPeer(context, { entry: [], slots: 1 })
  const order: ReaderOrder = { entry: executor.addresses, ahead }
  const result = await context.start('./mesh/reader.js', order).next<number>()
  executor.process.kill()
  return result
}

/** One actor there; a group of three, so that records go somewhere. */
export async function meshCalls(context: RowContext, inFlight: number, everyCalls = 0): Promise<number> {
  const host = await startPeer(context, { entry: [], slots: 1 })
  const keeper = await startPeer(context, { entry: host.addresses, slots: 0 })
  const order: CallerOrder = { entry: host.addresses, inFlight, everyCalls }
  const result = await context.start('./mesh/caller.js', order).next<number>()
  host.process.kill()
  keeper.process.kill()
  return result
}

export async function meshBulk(context: RowContext, work: Pick<FetcherOrder, 'bytes' | 'transfers'>): Promise<number> {
  const executor = await startPeer(context, { entry: [], slots: 1 })
  const order: FetcherOrder = { entry: executor.addresses, ...work }
  const result = await context.start('./mesh/fetcher.js', order).next<number>()
  executor.process.kill()
  return result
}

export async function startPeer({ start }: Pick<RowContext, 'start'>, order: PeerOrder) {
  const process = start('./mesh/peer.js', order)
  return { process, ...(await process.next<Joined>()) }
}
