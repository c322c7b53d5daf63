// What the programs of this directory tell the case that started them, and how it listens: deaths are
// kept as they come, whatever else is waited for.

import { setTimeout as pause } from 'node:timers/promises'
import { answer, type RunningProcess } from '../../processes.ts'
import { NotThere } from '../case.ts'

export type Said =
  | { readonly type: 'began'; readonly at: number }
  | { readonly type: 'half' }
  /** Objects are made or held, and may be asked for. */
  | { readonly type: 'holding' }
  | { readonly type: 'died'; readonly peer: string; readonly at: number }
  | { readonly type: 'done'; readonly at: number; readonly lost: number; readonly note: string }
  | { readonly type: 'not there'; readonly why: string }

/** For the programs. */
export const say = (said: Said): void => answer(said)

type SaidAs<Type extends Said['type']> = Extract<Said, { type: Type }>

export interface Listener {
  next<Type extends Said['type']>(type: Type): Promise<SaidAs<Type>>
  /** When it heard of that peer's death; null when it has not within a while after all else was said. */
  heardOf(peer: string): Promise<number | null>
}

const newsMs = 15_000

export function listenTo(process: RunningProcess): Listener {
  const deaths = new Map<string, number>()
  const hear = async (): Promise<Said> => {
    const said = await process.next<Said>()
    if (said.type === 'died') deaths.set(said.peer, said.at)
    if (said.type === 'not there') throw new NotThere(said.why)
    return said
  }
  return {
    async next<Type extends Said['type']>(type: Type) {
      for (;;) {
        const said = await hear()
        if (said.type === type) return said as SaidAs<Type>
      }
    },
    async heardOf(peer) {
      const giveUp = pause(newsMs, null, { ref: false })
      while (!deaths.has(peer)) {
        const said = await Promise.race([hear(), giveUp])
        if (said === null) break
      }
      return deaths.get(peer) ?? null
    },
  }
}
