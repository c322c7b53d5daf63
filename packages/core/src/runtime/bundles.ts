// The bundles that are on this peer: their bytes in the object store, the environment that each asks for, and
// the files that came with it. Which stay is the machine's to say, and it knows of bundles only: a bundle is here when its
// files are, and they go with the last one that names them.

import { MeshError } from '../errors.ts'
import type { CodeId } from '../model/ids.ts'
import { assetObject, codeObject } from '../model/ids.ts'
import type { Needs } from '../model/task.ts'
import { didYouMean } from '../nearest.ts'
import { needsOf } from '../options.ts'
import { type Asset, type CodeManifest, readManifest } from './code-manifest.ts'
import type { BundleBytes } from './code-port.ts'
import type { TieredStore } from './tiered-store.ts'

export class Bundles {
  readonly #store: TieredStore
  readonly #manifests = new Map<CodeId, CodeManifest>()
  /** How many bundles here name the file with that hash. */
  readonly #users = new Map<string, number>()

  constructor(store: TieredStore) {
    this.#store = store
  }

  has(code: CodeId): boolean {
    return this.#manifests.has(code)
  }

  envOf(code: CodeId): CodeManifest['env'] {
    return this.#manifests.get(code)?.env ?? {}
  }

  /** What it needs of a peer, whoever asks for it: a task knows of its own code only that it runs. */
  needsOf(code: CodeId): Needs {
    const { kind, packages } = this.#manifests.get(code) ?? {}
    return kind === undefined ? {} : needsOf({ only: { kind, because: `runs on ${kind} peers only` }, packages })
  }

  /** Throws MeshError OVERLOADED. */
  checkRoom({ source, assets }: BundleBytes): void {
    let size = source.length
    for (const bytes of assets.values()) size += bytes.length
    if (this.#store.fits(size)) return
    const { limitBytes } = this.#store
    const free = limitBytes - this.#store.usedBytes()
    const room = `${free} of the ${limitBytes} bytes for objects are free here (memoryBytes, spillBytes)`
    const way = 'release refs that are done with, or give this peer more memory'
    const what = assets.size === 0 ? 'the bundle has' : 'the bundle and its assets have'
    throw new MeshError('OVERLOADED', `${what} ${size} bytes, and ${room}: ${way}`)
  }

  keep(code: CodeId, { source, assets }: BundleBytes): void {
    this.#note(code, readManifest(source))
    this.#put(codeObject(code), source, code)
    for (const [hash, bytes] of assets) this.#put(assetObject(hash), bytes, hash)
  }

  #put(object: ReturnType<typeof codeObject>, bytes: Uint8Array, hash: string): void {
    this.#store.put(object, bytes, hash).catch((error: unknown) => {
      console.error(`${object}, ${bytes.length} bytes, could not be kept: ${String(error)}`)
    })
  }

  /** The files of a bundle that was fetched into the store, as far as they are not here yet. Rejects when it cannot be read. */
  async missingOf(code: CodeId): Promise<Asset[]> {
    const { assets } = await this.#read(code)
    return Object.values(assets).filter(([hash]) => !this.#store.has(assetObject(hash)))
  }

  /** It was fetched into the store, and so were its files. False when one of them has gone. Rejects when it cannot be read there. */
  async arrived(code: CodeId): Promise<boolean> {
    const manifest = await this.#read(code)
    if (Object.values(manifest.assets).some(([hash]) => !this.#store.has(assetObject(hash)))) return false
    if (!this.has(code)) this.#note(code, manifest)
    return true
  }

  /** A fetch that broke off has brought these: those that no bundle here names go again. */
  abandoned(hashes: readonly string[]): void {
    for (const hash of hashes) if (!this.#users.has(hash)) this.#store.delete(assetObject(hash))
  }

  /** Rejects with MeshError NOT_FOUND. */
  async assetOf(code: CodeId, name: string): Promise<{ readonly hash: string; readonly bytes: Uint8Array }> {
    const [hash] = assetNamed(name, this.#manifests.get(code))
    const bytes = await this.#store.get(assetObject(hash))
    if (bytes === undefined)
      throw new MeshError(
        'NOT_FOUND',
        `task.asset: ${name} is not on this peer any more; call the task again, and it comes with its module`,
      )
    return { hash, bytes }
  }

  /** Its bytes are gone from the store. */
  dropped(code: CodeId): void {
    const manifest = this.#manifests.get(code)
    this.#manifests.delete(code)
    for (const [hash] of Object.values(manifest?.assets ?? {})) {
      const users = (this.#users.get(hash) ?? 0) - 1
      if (users > 0) this.#users.set(hash, users)
      else {
        this.#users.delete(hash)
        this.#store.delete(assetObject(hash))
      }
    }
  }

  #note(code: CodeId, manifest: CodeManifest): void {
    this.#manifests.set(code, manifest)
    for (const [hash] of Object.values(manifest.assets)) this.#users.set(hash, (this.#users.get(hash) ?? 0) + 1)
  }

  async #read(code: CodeId): Promise<CodeManifest> {
    const source = await this.#store.get(codeObject(code))
    return readManifest(source ?? new Uint8Array())
  }
}

/** Throws MeshError NOT_FOUND. */
export function assetNamed(name: string, { assets }: Pick<CodeManifest, 'assets'> = { assets: {} }): Asset {
  const asset = Object.hasOwn(assets, name) ? assets[name] : undefined
  if (asset === undefined) throw unknownAsset(name, Object.keys(assets))
  return asset
}

function unknownAsset(name: string, known: readonly string[]): MeshError {
  const there = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}${didYouMean(name, known)}`
  const way = `list it: mesh.use(url, { assets: [new URL('./${name}', import.meta.url)] })`
  return new MeshError('NOT_FOUND', `task.asset: no ${name} came with this module; ${there}. To add it, ${way}`)
}
