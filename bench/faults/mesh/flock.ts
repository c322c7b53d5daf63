// The peers of a case, each a process with so many slots: started, met, killed or frozen by their ids;
// and the programs that submit to them. It touches no process that the case did not start.

import { setTimeout as pause } from 'node:timers/promises'
import type { Joined, PeerOrder } from '../../mesh/peer.ts'
import type { RunningProcess } from '../../processes.ts'
import type { CaseContext } from '../case.ts'
import type { Loss } from '../facts.ts'
import type { ProgramOrder } from './joined.ts'
import { type Listener, listenTo } from './said.ts'

export interface FlockPeer extends Joined {
  readonly process: RunningProcess
}

/** A loss of which nobody has been asked yet whether they heard. */
export interface Struck extends Loss {
  readonly peer: string
}

export async function startPeers(context: CaseContext, count: number): Promise<FlockPeer[]> {
  const peers = [await startPeer(context, [])]
  while (peers.length < count) peers.push(await startPeer(context, peers[0]?.addresses ?? []))
  return peers
}

export async function startPeer({ start }: CaseContext, entry: readonly string[]): Promise<FlockPeer> {
  const order: PeerOrder = { entry, slots: 1 }
  const process = start('./mesh/peer.js', order)
  return { process, ...(await process.next<Joined>()) }
}

export interface Program extends Listener {
  readonly process: RunningProcess
}

/** A program of faults/mesh, joined through the given peer and told what it has to know besides. */
export function startProgram<Order extends ProgramOrder>(
  { start, runs }: CaseContext,
  name: string,
  {
    peers,
    entry = peers[0],
    ...order
  }: Omit<Order, keyof ProgramOrder> & {
    readonly peers: readonly FlockPeer[]
    readonly entry?: FlockPeer | undefined
  },
): Program {
  const told: ProgramOrder = { entry: entry?.addresses ?? [], others: peers.length, runs }
  const process = start(`./faults/mesh/${name}.js`, { ...told, ...order })
  return { process, ...listenTo(process) }
}

export function strike(peer: FlockPeer, signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): Struck {
  const at = Date.now()
  peer.process.kill(signal)
  return { at, pids: [peer.process.pid], peer: peer.id, heardAt: null }
}

/** The same losses, with the moments at which that program heard of them. */
export async function heardBy(listener: Listener, struck: readonly Struck[]): Promise<Loss[]> {
  const losses: Loss[] = []
  for (const { peer, ...loss } of struck) losses.push({ ...loss, heardAt: await listener.heardOf(peer) })
  return losses
}

export async function until(at: number): Promise<void> {
  await pause(Math.max(0, at - Date.now()))
}
