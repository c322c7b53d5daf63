// A piscina pool of one thread, kept busy.

import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { answer, told } from '../processes.ts'
import { keepInFlight } from '../throughput.ts'

const { inFlight } = await told<{ readonly inFlight: number }>()
const filename = fileURLToPath(new URL('./piscina-worker.js', import.meta.url))
const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1 })
answer(await keepInFlight(inFlight, (done) => void pool.run(null).then(done)))
process.exit(0)
