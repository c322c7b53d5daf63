// A peer that only watches: says when it has met everybody, then when it hears that one has died.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'

export interface ObserverOrder {
  readonly entry: readonly string[]
  /** How many others there are to meet. */
  readonly others: number
}

export interface Death {
  readonly peer: string
  /** Wall clock, in ms. */
  readonly at: number
  readonly how: string
}

const { entry, others } = await told<ObserverOrder>()
const mesh = await joinMesh({ entry, slots: 0, identity: 'fresh' })
mesh.addEventListener('peer:died', ({ detail: { peer, how } }) => {
  const death: Death = { peer, how, at: Date.now() }
  answer(death)
})
const met = (): number => mesh.peers().filter(({ isSelf, state }) => !isSelf && state === 'alive').length
await new Promise<void>((resolve) => {
  const look = (): void => {
    if (met() < others) return
    mesh.removeEventListener('peer:joined', look)
    resolve()
  }
  mesh.addEventListener('peer:joined', look)
  look()
})
answer('met')
