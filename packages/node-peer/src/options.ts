// What `joinMesh` takes in Node, and what is expected of each option. How an option is checked and what is
// said when it is something else is core's, as for every other call.

import type { Preset } from '@murmuration/core'
import { limits, looksLikeInvite, optionRules as is, parseInvite, presets } from '@murmuration/core/internal'
import { moduleLabels } from './modules.ts'
import { AddressError, parseAddress } from '@murmuration/libp2p-link'

/** Options of `joinMesh` in Node. */
export interface JoinOptions {
  /**
   * Peers that are known: `host:port`, `ws://host:port` or a multiaddr; or an invite's link, for whoever does not share this mesh's key. Default: `MURMURATION_ENTRY`
   * (comma-separated), else a living peer of this user on this machine, else a new mesh. `[]`: always a new one.
   */
  entry?: readonly string[] | undefined
  /** Attempts at once. Default: the machine's parallelism less one, at least 1. 0: submits and keeps, runs nothing. */
  slots?: number | undefined
  /** What tasks may ask for by name, besides `kind`, which is always `node`. */
  labels?: Readonly<Record<string, string>> | undefined
  /**
   * A folder with a package.json and its node_modules. Tasks whose code leaves packages outside its bundle, as native ones are, run on
   * peers that have these among the dependencies there. Default: none.
   */
  modules?: string | undefined
  /** Counted things that tasks may need, as in `{ gpu: 1 }`. */
  resources?: Readonly<Record<string, number>> | undefined
  /** Bytes of objects kept in memory. Default: a quarter of the machine's. */
  memoryBytes?: number | undefined
  /**
   * Bytes of objects kept on disk when memory has no room for them, and for the next process of this peer; 0: none.
   * Default: a quarter of what is free there, for a kept identity; else none.
   */
  spillBytes?: number | undefined
  /** Where they are kept; each peer has a directory of its own in it. Default: beside the identity, in `home`. */
  spillDirectory?: string | undefined
  /** Where to listen. Default 127.0.0.1: reached from this machine only. */
  host?: string | undefined
  /** TCP port. Default 0: any free one. */
  port?: number | undefined
  /** WebSocket port. Default 0: any free one. */
  wsPort?: number | undefined
  /** Where keys and run files are kept. Default: `MURMURATION_HOME`, else the configuration directory. */
  home?: string | undefined
  /** `kept`: the first identity on disk that no other process holds. `fresh`: in memory, never seen before. Default `kept`. */
  identity?: 'kept' | 'fresh' | undefined
  /** How patient and how chatty: `lan` (default), `wan`, `room`, `test`. */
  preset?: Preset | undefined
  /** How long joining may take, in milliseconds. Default 10,000. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Heap of one worker, in MB. Default: what Node gives a thread. */
  workerMemoryMb?: number | undefined
  /** Lines that this program's tasks print, wherever they run: to stderr, each with its peer and function (default), or nowhere. */
  taskOutput?: 'stderr' | 'none' | undefined
}

const rules: Readonly<Record<keyof JoinOptions, is.Rule>> = {
  entry: is.listOf("a list of addresses, as in ['lab-3:9000'], or an invite's link", is.isText),
  slots: is.whole(0, limits.slots),
  labels: is.recordOf("an object of strings, as in { zone: 'lab-3' }", is.isText),
  modules: is.text(4_096),
  resources: is.resources,
  memoryBytes: is.whole(1),
  spillBytes: is.whole(0),
  spillDirectory: is.text(4_096),
  host: is.name,
  port: is.whole(0, 65_535),
  wsPort: is.whole(0, 65_535),
  home: is.text(4_096),
  identity: is.oneOf('kept', 'fresh'),
  preset: is.oneOf(...Object.keys(presets)),
  timeoutMs: is.whole(1, 2 ** 31 - 1),
  signal: is.signal,
  workerMemoryMb: is.whole(16, 1_048_576),
  taskOutput: is.oneOf('stderr', 'none'),
}

/** Throws MeshError INVALID_OPTION and INVITE_INVALID. */
export function checkJoinOptions(options: unknown): asserts options is JoinOptions {
  is.checkOptions('joinMesh', options, rules)
  const { entry = [], resources = {}, modules } = options as JoinOptions
  const labels = labelsOf(options as JoinOptions)
  for (const address of entry) checkAddress(address)
  const length = JSON.stringify([labels, resources]).length
  if (length <= limits.labelsLength) return
  const most = `at most ${limits.labelsLength} travel with every list of peers`
  const way =
    modules === undefined ? '' : ', or name a folder of modules with fewer dependencies, each of which is a label'
  throw is.invalid(`joinMesh: labels and resources are ${length} characters together; ${most}: shorten them${way}`)
}

/** What a peer tells of itself by them. Throws MeshError INVALID_OPTION. */
export function labelsOf({ labels = {}, modules }: JoinOptions): Readonly<Record<string, string>> {
  return { ...labels, ...(modules === undefined ? {} : moduleLabels(modules)) }
}

function checkAddress(address: string): void {
  if (looksLikeInvite(address)) return void parseInvite(address)
  try {
    parseAddress(address)
  } catch (error) {
    if (error instanceof AddressError) throw is.invalid(`joinMesh: entry: ${error.message}`)
    throw error
  }
}
