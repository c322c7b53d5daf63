// The worker thread behind `canvasAside`: a canvas that takes its orders as messages.

import { parentPort, workerData } from 'node:worker_threads'
import { canvasHere, type CanvasAnswer, type CanvasOrder } from './canvas.ts'
import type { Plan } from './plan.ts'

const { plan, file } = workerData as { plan: Plan; file: string }
const canvas = canvasHere(plan, file)

parentPort?.on('message', (order: CanvasOrder) => void obey(order))

async function obey(order: CanvasOrder): Promise<void> {
  try {
    if (order.type === 'preview') canvas.preview(order.tile, order.pass, order.light)
    else if (order.type === 'finish') canvas.finish(order.tile, order.light)
    else answer({ sha256: await canvas.close() })
  } catch (error) {
    answer({ trouble: error instanceof Error ? error.message : String(error) })
  }
}

function answer(told: CanvasAnswer): void {
  parentPort?.postMessage(told, [])
}
