// The files that came with the modules of a worker, as its tasks see them. Each is asked for when a task first wants
// it, and then kept: a Blob of a file takes no memory, one of bytes the bytes once. Where files lie, the main thread knows.

import type { CodeId } from '../model/ids.ts'
import type { AssetFile } from './task-global.ts'
import { decodeError } from './values.ts'
import type { PendingCalls } from './worker-context.ts'
import type { Report } from './worker-messages.ts'

/** Opens a file by its path, in workers that have files. */
export type OpenFile = (path: string) => Promise<AssetFile>

export interface WorkerAssetsOptions {
  readonly calls: PendingCalls
  readonly post: (report: Report) => void
  readonly openFile?: OpenFile | undefined
}

export class WorkerAssets {
  readonly #options: WorkerAssetsOptions
  readonly #opened = new Map<string, Promise<AssetFile>>()

  constructor(options: WorkerAssetsOptions) {
    this.#options = options
  }

  /** `number`: the attempt that asks. Rejects with MeshError NOT_FOUND. */
  get({ number, code }: { readonly number: number; readonly code: CodeId }, name: string): Promise<AssetFile> {
    const key = `${code} ${name}`
    let opened = this.#opened.get(key)
    if (opened === undefined) {
      opened = this.#ask(number, name).then((place) => this.#open(place))
      this.#opened.set(key, opened)
      opened.catch(() => this.#opened.delete(key))
    }
    return opened
  }

  #ask(number: number, name: string): Promise<string | Uint8Array> {
    return new Promise((resolve, reject) => {
      const call = this.#options.calls.add(({ asset, error }) => {
        if (asset !== undefined) resolve(asset)
        else reject(error === null ? new TypeError(`no answer for the asset ${name}`) : decodeError(error))
      })
      this.#options.post({ type: 'asset', number, call, name })
    })
  }

  #open(place: string | Uint8Array): Promise<AssetFile> | AssetFile {
    const { openFile } = this.#options
    if (typeof place !== 'string') return new Blob([place as Uint8Array<ArrayBuffer>])
    if (openFile === undefined) throw new TypeError(`a file at ${place}, and no way to open it`)
    return openFile(place)
  }
}
