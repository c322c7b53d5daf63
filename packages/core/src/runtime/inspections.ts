// Questions to peers about themselves, each with somebody here who waits for the answer: it comes in
// time, or an error says who was asked and why there is none.

import { MeshError } from '../errors.ts'
import type { InspectRow } from '../model/messages.ts'

const answerMs = 5_000

export interface Asked {
  readonly name: string
  /** Why it will not answer any more, in a sentence. */
  readonly gone: () => string
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
