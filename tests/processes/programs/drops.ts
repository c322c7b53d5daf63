// A program that asks for work and does not wait for it.

import { joinMesh } from 'murmuration'

const mesh = await joinMesh({ entry: [], slots: 1 })
const forever = mesh.fn(() => new Promise<never>(() => {}))
for (let i = 0; i < 3; i++) forever()
