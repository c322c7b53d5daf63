// One of the two Node peers under churn: it runs and keeps like any other, and says how much memory it uses whenever
// it is asked. The first founds the mesh and makes the invite that pages come in by.

import { joinMesh } from 'murmuration'
import { makeInvite } from '@murmuration/node-peer/internal'
import { used } from '../../memory/used.ts'
import { answer, told } from '../../processes.ts'

export interface ChurnPeerOrder {
  readonly home: string
  /** Empty: founds a mesh. */
  readonly entry: readonly string[]
  /** Where the invite's page is. */
  readonly page: string
  /** How long it is good for. */
  readonly forMs: number
}

export interface ChurnPeerUp {
  readonly addresses: readonly string[]
  /** Of a member's invite, to this peer and to those of its entry. */
  readonly link: string
}

const { home, entry, page, forMs } = await told<ChurnPeerOrder>()
const mesh = await joinMesh({ entry, slots: 1, identity: 'fresh', taskOutput: 'none' })
const doors = [...entry, ...mesh.addresses].filter((address) => address.includes('/ws'))
const { link } = await makeInvite({ home, role: 'member', forMs, entry: doors, page })
process.on('message', () => answer(used()))
answer({ addresses: mesh.addresses, link } satisfies ChurnPeerUp)
