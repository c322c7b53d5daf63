// Questions to peers about themselves, each with somebody here who waits for the answer: it comes in
// time, or an error says who was asked and why there is none.

import { MeshError } from '../errors.ts'
import type { LifeId } from '../model/ids.ts'
import { peerOf } from '../model/ids.ts'
import type { InspectRow } from '../model/messages.ts'
import type { Membership } from '../state/membership.ts'
import { isOver } from '../state/membership.ts'

const answerMs = 5_000

export interface Asked {
  readonly name: string
  /** Why it will not answer any more, in a sentence. */
  readonly gone: () => string
}

export function whom(members: Membership, life: LifeId): Asked {
  const name = members.nameOf(peerOf(life))
  const gone = (): string => {
    const row = members.get(peerOf(life))
    if (row?.life !== life || !isOver(row.state)) return `${name} cannot be asked any more`
    return `${name} cannot be asked: it ${row.state === 'left' ? 'left' : 'died'}${row.how === '' ? '' : ` (${row.how})`}`
  }
  return { name, gone }
}

interface Open {
  readonly asked: Asked
  readonly resolve: (rows: readonly InspectRow[]) => void
  readonly reject: (error: MeshError) => void
}

export class Inspections {
  readonly #open = new Map<number, Open>()
  #request = 0

  /** Rejects with MeshError NOT_FOUND, GET_TIMEOUT. */
  ask(asked: Asked, send: (request: number) => void): Promise<readonly InspectRow[]> {
    const request = ++this.#request
    return new Promise((resolve, reject) => {
      const late = `${asked.name} did not answer within ${answerMs / 1_000} s: it is busy, or cannot be reached`
      const timer = setTimeout(() => this.#take(request)?.reject(new MeshError('GET_TIMEOUT', late)), answerMs)
      this.#open.set(request, {
        asked,
        resolve: (rows) => (clearTimeout(timer), resolve(rows)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      })
      send(request)
    })
  }

  /** Null: there will be no answer. */
  answered(request: number, rows: readonly InspectRow[] | null): void {
    const open = this.#take(request)
    if (rows !== null) open?.resolve(rows)
    else open?.reject(new MeshError('NOT_FOUND', open.asked.gone()))
  }

  fail(error: MeshError): void {
    for (const { reject } of this.#open.values()) reject(error)
    this.#open.clear()
  }

  #take(request: number): Open | undefined {
    const open = this.#open.get(request)
    this.#open.delete(request)
    return open
  }
}
