// Where rendered light goes: onto a picture, and every two seconds into its file.
//
// `canvasHere` works in this thread. `canvasAside` does the same in a worker thread, for a process whose own
// thread has a mesh to answer: developing and compressing a picture takes a tenth of a second.

import { Worker } from 'node:worker_threads'
import { Picture } from './picture.ts'
import type { Plan } from './plan.ts'
import { WriteError, writePng } from './png.ts'

const PREVIEW_MS = 2_000

export interface Canvas {
  /** Takes one pass of a tile; the light is the canvas's from then on. */
  readonly preview: (tile: number, pass: number, light: Float32Array) => void
  /** Sets a tile to its final light. */
  readonly finish: (tile: number, light: Float32Array) => void
  /** Writes the file a last time, as it is; resolves to its SHA-256. Null when nothing was drawn: the file is left as it was. */
  readonly close: () => Promise<string | null>
}

export type CanvasOrder =
  | { readonly type: 'preview'; readonly tile: number; readonly pass: number; readonly light: Float32Array }
  | { readonly type: 'finish'; readonly tile: number; readonly light: Float32Array }
  | { readonly type: 'close' }

export type CanvasAnswer = { readonly sha256: string | null } | { readonly trouble: string }

export function canvasHere(plan: Plan, file: string): Canvas {
  const picture = new Picture(plan)
  let writtenAt = performance.now()
  const touched = (): void => {
    if (performance.now() - writtenAt < PREVIEW_MS) return
    writePng(picture, file, 'preview')
    writtenAt = performance.now()
  }
  return {
    preview(tile, pass, light) {
      picture.preview(tile, pass, light)
      touched()
    },
    finish(tile, light) {
      picture.finish(tile, light)
      touched()
    },
    close: async () => (picture.begun ? writePng(picture, file, picture.complete ? 'final' : 'preview') : null),
  }
}

function ownMemory({ buffer, byteLength }: Float32Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

export function canvasAside(plan: Plan, file: string): Canvas {
  const worker = new Worker(new URL('./canvas-worker.js', import.meta.url), { workerData: { plan, file } })
  const answer = new Promise<CanvasAnswer>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  // Trouble, such as a full disk, is told by `close`, which everybody calls.
  answer.catch(() => undefined)
  // Light that has its memory to itself moves over there.
  const tell = (order: CanvasOrder): void => {
    worker.postMessage(order, 'light' in order ? ownMemory(order.light) : [])
  }
  return {
    preview: (tile, pass, light) => tell({ type: 'preview', tile, pass, light }),
    finish: (tile, light) => tell({ type: 'finish', tile, light }),
    async close() {
      tell({ type: 'close' })
      const told = await answer
      await worker.terminate()
      if ('trouble' in told) throw new WriteError(told.trouble)
      return told.sha256
    },
  }
}
