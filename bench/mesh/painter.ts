// Draws the dragon as one of two peers with a slot each: it founds the mesh, says where it is, asks for the picture and
// computes as much of it as the other does.

import { canvasAside } from '@murmuration/demo/dragon/canvas'
import { DEFAULT_VIEW, expectedSha256 } from '@murmuration/demo/dragon/expected'
import { readModelFile } from '@murmuration/demo/dragon/model-file'
import { planPicture } from '@murmuration/demo/dragon/plan'
import { renderOnMesh } from '@murmuration/demo/dragon/render-job'
import { joinMesh } from 'murmuration'
import { answer, told } from '../processes.ts'
import type { Joined } from './peer.ts'

export interface PainterOrder {
  readonly file: string
}

const { file } = await told<PainterOrder>()
const plan = planPicture(DEFAULT_VIEW)
const canvas = canvasAside(plan, file)
const mesh = await joinMesh({ entry: [], slots: 1, identity: 'fresh' })
const joined: Joined = { id: mesh.id, addresses: mesh.addresses }
answer(joined)
const events = { done: () => undefined, pass: canvas.preview, tile: canvas.finish }
await renderOnMesh(mesh, plan, { model: await readModelFile(), events, signal: new AbortController().signal })
const sha256 = await canvas.close()
if (sha256 !== expectedSha256(DEFAULT_VIEW))
  throw new Error(`a picture with the SHA-256 ${sha256}, not the one on record`)
process.exit(0)
