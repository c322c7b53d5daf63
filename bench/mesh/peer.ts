// An ordinary peer: joins, says where it is, and computes until it is ended.

import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'

export interface PeerOrder {
  readonly entry: readonly string[]
  readonly slots: number
}

export interface Joined {
  readonly id: string
  readonly addresses: readonly string[]
}

const { entry, slots } = await told<PeerOrder>()
const mesh = await joinMesh({ entry, slots, identity: 'fresh' })
const joined: Joined = { id: mesh.id, addresses: mesh.addresses }
answer(joined)
