// Reads what another program began, as whoever does not know how that one opened the job.

import { joinMesh } from 'murmuration'

const [name = '', result = ''] = process.argv.slice(2)
const mesh = await joinMesh({ slots: 0, identity: 'fresh' })
console.log(String(await (await mesh.job(name)).ref(result).get()))
await mesh.leave()
