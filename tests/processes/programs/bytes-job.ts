// Asks for bytes in a detached job and leaves at once: others make them, and keep them.

import { joinMesh } from 'murmuration'

const mesh = await joinMesh({ slots: 0, identity: 'fresh' })
const job = await mesh.job('bytes', { lifetime: 'detached' })
const fill = job.fn((length: number, byte: number) => new Uint8Array(length).fill(byte))
fill.with({ name: 'sevens' })(1_000_000, 7)
await mesh.leave()
